// Notices when files were replaced or written anew: with `plugins: { reload: watch }` modules and those of the
// configuration.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "server/blueprint.h"

namespace kirsch::server {

// Of what that one was read from; none where it does not ask for it.
std::set<std::filesystem::path> directories_to_watch(const Blueprint& blueprint);

class FileWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // Of files whose names end so. Throws std::system_error.
  explicit FileWatch(std::vector<std::string> endings = {".so", ".yaml", ".yml"});

  // Any thread: watches these, in place of what was watched before.
  void watch(const std::set<std::filesystem::path>& directories);

  // One thread. To be polled for reading.
  int descriptor() const noexcept { return inotify_.get(); }
  // When to look though nothing comes; none: never.
  const std::optional<Clock::time_point>& due() const noexcept { return due_; }
  // Takes what has come. True: something has changed, and nothing more for a moment.
  bool look();

 private:
  bool counts(int watch, const std::string& name) const;

  const std::vector<std::string> endings_;
  base::UniqueFd inotify_;
  mutable std::mutex mutex_;
  std::set<int> watches_;  // inotify's numbers
  std::optional<Clock::time_point> due_;
};

// The same on a thread of its own.
class FileWatchThread {
 public:
  // `changed` runs on the thread. Throws std::system_error.
  explicit FileWatchThread(std::function<void()> changed);
  FileWatchThread(const FileWatchThread&) = delete;
  FileWatchThread& operator=(const FileWatchThread&) = delete;
  ~FileWatchThread();

  void watch(const std::set<std::filesystem::path>& directories) { files_.watch(directories); }

 private:
  void run() noexcept;

  FileWatch files_;
  const std::function<void()> changed_;
  base::UniqueFd end_;
  std::thread thread_;
};

}  // namespace kirsch::server
