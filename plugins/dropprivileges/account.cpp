// All names are asked for at load: nothing may depend on a name service when privileges are already half given up.
#include "account.h"

#include <grp.h>
#include <kirsch/options.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace dropprivileges {
namespace {

// The largest means "leave it as it is" to the kernel.
std::optional<std::uint32_t> number_in(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number != std::numeric_limits<std::uint32_t>::max() ? std::optional(number) : std::nullopt;
}

gid_t group_named(const char* option, const std::string& name) {
  const group* known = ::getgrnam(name.c_str());
  const auto number = known != nullptr ? std::optional<std::uint32_t>(known->gr_gid) : number_in(name);
  if (!number) throw kirsch::OptionError(option, "this machine has no group '" + name + "'");
  if (*number == 0) throw kirsch::OptionError(option, "group '" + name + "' is root's, which gives its rights back");
  return *number;
}

void sort(std::vector<gid_t>& groups) {
  std::ranges::sort(groups);
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
}

std::vector<gid_t> groups_of(const std::string& user, gid_t own) {
  int count = 32;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user.c_str(), own, groups.data(), &count) < 0) groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Account look_up(const std::string& user, const std::string& group) {
  Account account{.name = user, .groups = {}};
  const auto number = number_in(user);
  const passwd* known = ::getpwnam(user.c_str());
  if (known == nullptr && number) known = ::getpwuid(*number);
  if (known == nullptr && !number) throw kirsch::OptionError("user", "this machine has no user '" + user + "'");
  account.user = known != nullptr ? known->pw_uid : *number;
  if (account.user == 0) throw kirsch::OptionError("user", "user '" + user + "' is root: nothing would be dropped");
  if (known == nullptr && group.empty())
    throw kirsch::OptionError("user", "user " + user + " has no name on this machine, so `group` must be said too");
  const std::string name = known != nullptr ? known->pw_name : "";
  const gid_t own = known != nullptr ? known->pw_gid : 0;
  account.group = group.empty() ? group_named("group", std::to_string(own)) : group_named("group", group);
  account.groups = name.empty() ? std::vector<gid_t>{account.group} : groups_of(name, account.group);
  sort(account.groups);
  if (account.groups.front() == 0)
    throw kirsch::OptionError("user", "user '" + user + "' is a member of root's group; list `groups` without it");
  return account;
}

void set_groups(Account& account, const std::vector<std::string>& groups) {
  account.groups = {account.group};
  for (const auto& name : groups) account.groups.push_back(group_named("groups", name));
  sort(account.groups);
}

}  // namespace dropprivileges
