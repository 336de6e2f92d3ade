// What system calls have answered is not believed: /proc shows every thread as it is.
#include "proof.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace dropprivileges {
namespace {

using Status = std::map<std::string, std::string>;

Status status_of(const std::filesystem::path& task) {
  Status status;
  std::ifstream file(task / "status");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto begin = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    status[line.substr(0, colon)] = line.substr(begin);
  }
  return status;
}

std::vector<std::uint64_t> numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::uint64_t> found;
  for (std::uint64_t number = 0; stream >> number;) found.push_back(number);
  return found;
}

void expect(bool holds, Status& status, const std::string& key) {
  if (holds) return;
  throw std::runtime_error("privileges were not dropped: thread '" + status["Name"] + "' has " + key + " " +
                           status[key]);
}

void expect_thread(Status status, const Account& account, std::uint64_t capabilities) {
  // Real, effective, saved, and that of the file system.
  const auto are_all = [&](const char* key, std::uint64_t wanted) {
    expect(numbers(status[key]) == std::vector<std::uint64_t>(4, wanted), status, key);
  };
  are_all("Uid", account.user);
  are_all("Gid", account.group);
  auto groups = numbers(status["Groups"]);
  std::ranges::sort(groups);
  expect(std::ranges::equal(groups, account.groups), status, "Groups");
  const auto set = [&](const char* key) { return status[key].empty() ? ~0ULL : std::stoull(status[key], nullptr, 16); };
  for (const auto* key : {"CapPrm", "CapEff", "CapBnd"}) expect(set(key) == capabilities, status, key);
  for (const auto* key : {"CapInh", "CapAmb"}) expect(set(key) == 0, status, key);
  expect(status["NoNewPrivs"] == "1", status, "NoNewPrivs");
}

void expect_refused(bool refused, const char* what) {
  if (!refused) throw std::runtime_error(std::string("privileges were not dropped: ") + what + " still works");
}

}  // namespace

void prove(const Account& account, std::uint64_t capabilities) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    expect_thread(status_of(task.path()), account, capabilities);
  const gid_t root = 0;
  expect_refused(::setuid(0) != 0, "setuid(0)");
  expect_refused(::setresuid(0, 0, 0) != 0, "setresuid(0)");
  expect_refused(::seteuid(0) != 0, "seteuid(0)");
  expect_refused(::setgid(0) != 0, "setgid(0)");
  expect_refused(::setresgid(0, 0, 0) != 0, "setresgid(0)");
  expect_refused(::setgroups(1, &root) != 0, "setgroups(0)");
}

}  // namespace dropprivileges
