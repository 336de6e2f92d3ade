// Directories are watched, not files: a file that is replaced is another one.
#include "server/file_watch.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr auto settling = 150ms;  // a compiler and an editor write in several steps
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR;

}  // namespace

std::set<std::filesystem::path> directories_to_watch(const Blueprint& blueprint) {
  if (!blueprint.configuration.plugins.watched) return {};
  std::set<std::filesystem::path> directories(blueprint.directories.begin(), blueprint.directories.end());
  for (const auto& file : blueprint.files) directories.insert(std::filesystem::path(file).parent_path());
  return directories;
}

FileWatch::FileWatch(std::vector<std::string> endings)
    : endings_(std::move(endings)), inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) throw std::system_error(errno, std::generic_category(), "inotify");
}

void FileWatch::watch(const std::set<std::filesystem::path>& directories) {
  const std::lock_guard lock(mutex_);
  std::set<int> watched;
  for (const auto& directory : directories) {
    // The same number for a directory that is watched already.
    const int number = ::inotify_add_watch(inotify_.get(), directory.c_str(), events);
    if (number >= 0) watched.insert(number);
  }
  for (const int number : watches_)
    if (!watched.contains(number)) ::inotify_rm_watch(inotify_.get(), number);
  watches_ = std::move(watched);
}

// Names that begin with a dot are those of editors, and of what is copied to be moved later.
bool FileWatch::counts(int watch, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return watches_.contains(watch) && !name.starts_with('.') &&
         std::ranges::any_of(endings_, [&](const auto& end) { return name.ends_with(end); });
}

bool FileWatch::look() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(at);
      const bool lost = (event->mask & IN_Q_OVERFLOW) != 0;
      if (lost || (event->len > 0 && counts(event->wd, event->name))) due_ = Clock::now() + settling;
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (!due_ || Clock::now() < *due_) return false;
  due_.reset();
  return true;
}

FileWatchThread::FileWatchThread(std::function<void()> changed)
    : changed_(std::move(changed)), end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!end_) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "kirsch-files");
    run();
  });
}

FileWatchThread::~FileWatchThread() {
  const std::uint64_t one = 1;
  // An eventfd of this thread alone has room for one more.
  [[maybe_unused]] const auto written = ::write(end_.get(), &one, sizeof one);
  thread_.join();
}

void FileWatchThread::run() noexcept {
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{end_.get(), POLLIN, 0}, pollfd{files_.descriptor(), POLLIN, 0}};
    int wait = -1;
    if (files_.due()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*files_.due() - FileWatch::Clock::now());
      wait = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    ::poll(watched.data(), watched.size(), wait);
    if (watched[0].revents != 0) return;
    if (files_.look()) changed_();
  }
}

}  // namespace kirsch::server
