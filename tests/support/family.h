// A process that need not be a child of the test: its threads, what descends from it, its end.
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/uninterrupted.h"

namespace kirsch::test {

// The folders of its threads.
inline std::vector<std::filesystem::path> tasks_of(pid_t process) {
  std::vector<std::filesystem::path> tasks;
  const auto folder = std::filesystem::path("/proc") / std::to_string(process) / "task";
  for (const auto& task : std::filesystem::directory_iterator(folder)) tasks.push_back(task.path());
  return tasks;
}

// By parent, all processes there are: a list of one's children (proc(5)) may leave some out while others end.
inline std::multimap<pid_t, pid_t> children() {
  std::multimap<pid_t, pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::ifstream status(entry.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("PPid:")) found.emplace(std::stoi(line.substr(5)), std::stoi(name));
  }
  return found;
}

// The process first, then all that descend from it.
inline std::vector<pid_t> family(pid_t first) {
  const auto all = children();
  std::vector<pid_t> found{first};
  for (std::size_t index = 0; index < found.size(); ++index) {
    const auto [begin, end] = all.equal_range(found[index]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  return found;
}

// Waits for its end; false after the deadline.
inline bool ends(pid_t process) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) return errno == ESRCH;
  pollfd waited{descriptor, POLLIN, 0};
  const bool ended = uninterrupted([&] { return ::poll(&waited, 1, static_cast<int>(patience.count())); }) == 1;
  ::close(descriptor);
  return ended;
}

}  // namespace kirsch::test
