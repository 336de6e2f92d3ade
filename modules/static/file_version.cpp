// Opens, looks, reads, and looks again.
#include "file_version.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "http_date.h"

namespace static_files {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Below, a copy costs less than a further system call.
constexpr std::size_t worth_pages = 16 * 1024;

std::int64_t nanoseconds_of(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// 0 or an errno.
int note_state(FileVersion& version, int descriptor) {
  struct stat state {};
  if (::fstat(descriptor, &state) != 0) return errno;
  version.size = static_cast<std::uint64_t>(state.st_size);
  version.device = state.st_dev;
  version.inode = state.st_ino;
  version.modified_ns = nanoseconds_of(state.st_mtim);
  version.changed_ns = nanoseconds_of(state.st_ctim);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  version.settled = nanoseconds(std::max(version.modified_ns, version.changed_ns)) + seconds(2) < now;
  // RFC 9110 8.8.2.1: never later than the time of the answer.
  const auto modified = std::min<nanoseconds>(nanoseconds(version.modified_ns), now);
  version.modified = std::chrono::sys_seconds(std::chrono::floor<seconds>(modified));
  return 0;
}

bool same_state(const FileVersion& left, const FileVersion& right) {
  return left.device == right.device && left.inode == right.inode && left.size == right.size &&
         left.modified_ns == right.modified_ns && left.changed_ns == right.changed_ns;
}

// All of it. 0 or an errno.
int read_whole(int descriptor, std::uint64_t size, std::string& content) {
  content.resize(size);
  std::size_t filled = 0;
  while (filled < content.size()) {
    const auto got = ::pread(descriptor, content.data() + filled, content.size() - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return 0;
}

// The whole file as `content`, unless it grows beyond `in_memory`. One that changes while it is read is read again:
// half of each version is none. 0 or an errno.
int read_stable(FileVersion& version, std::uint64_t in_memory, std::string& content) {
  constexpr int tries = 3;
  for (int attempt = 1; version.size <= in_memory; ++attempt) {
    if (const int error = read_whole(version.descriptor, version.size, content); error != 0) return error;
    FileVersion after;
    if (const int error = note_state(after, version.descriptor); error != 0) return error;
    if (attempt == tries || same_state(after, version)) {
      version.size = content.size();
      return 0;
    }
    if (const int error = note_state(version, version.descriptor); error != 0) return error;
  }
  content.clear();
  return 0;
}

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

// FNV-1a, 64 bits: only accidents have to be told apart, who writes the files writes the answers.
std::uint64_t hash(std::string_view bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char byte : bytes) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return value;
}

// Of a file too large to be read for it. Deployments set the time of modification as they like, but nobody sets the
// time of the last change to the inode. While another change could bear the same times the tag is weak (RFC
// 9110 8.8.1), and another one than later: a client that has seen half of a change must not hold it for the whole.
std::string tag_by_time(const FileVersion& version) {
  const std::array numbers{version.device, version.inode, static_cast<std::uint64_t>(version.modified_ns),
                           static_cast<std::uint64_t>(version.changed_ns)};
  const std::string_view bytes(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
  const auto tag = hexadecimal(hash(bytes)) + '-' + hexadecimal(version.size);
  return version.settled ? '"' + tag + '"' : "W/\"" + tag + "-new\"";
}

}  // namespace

FileVersion::~FileVersion() {
  if (descriptor >= 0) ::close(descriptor);
}

Loaded load_version(const kirsch::Root& root, std::string_view path, std::uint64_t in_memory,
                    const std::shared_ptr<const FileVersion>& known) {
  kirsch::OpenedFile file;
  if (const int error = root.open(path, file); error != 0) return {error, nullptr};
  auto version = std::make_shared<FileVersion>();
  version->descriptor = file.descriptor;
  if (const int error = note_state(*version, file.descriptor); error != 0) return {error, nullptr};
  if (known != nullptr && known->settled && same_state(*known, *version)) return {0, known};
  std::string content;
  if (const int error = read_stable(*version, in_memory, content); error != 0) return {error, nullptr};
  if (version->size > in_memory) {
    version->etag = tag_by_time(*version);
  } else {
    version->etag = '"' + hexadecimal(hash(content)) + '-' + hexadecimal(version->size) + '"';
    ::close(std::exchange(version->descriptor, -1));
    if (content.size() >= worth_pages) version->pages = MemoryFile(content);
    if (version->pages.bytes().empty()) version->content = kirsch::Blob(content);
  }
  version->etag_field.emplace("ETag", version->etag);
  version->modified_field.emplace("Last-Modified", http_date(version->modified));
  return {0, std::move(version)};
}

}  // namespace static_files
