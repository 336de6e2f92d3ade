// Everything is read from /proc/self.
#include "surroundings.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

namespace daemonizer {
namespace {

std::optional<int> number_of(const std::filesystem::path& entry) {
  const auto name = entry.filename().string();
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::vector<std::string> other_threads() {
  std::vector<std::string> names;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (number_of(task.path()) == ::gettid()) continue;
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    names.push_back(name);
  }
  return names;
}

void close_inherited() {
  std::vector<int> inherited;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto number = number_of(entry.path());
    if (!number || *number <= STDERR_FILENO) continue;
    const int flags = ::fcntl(*number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) inherited.push_back(*number);
  }
  for (const int number : inherited) ::close(number);
}

}  // namespace daemonizer
