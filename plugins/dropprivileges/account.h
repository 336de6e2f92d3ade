// Whom the process becomes: a user, a group and supplementary groups as numbers.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace dropprivileges {

struct Account {
  std::string name;  // as the configuration says it
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // sorted, without doubles, `group` among them
};

// By name or number. `group` empty: the user's own. Throws kirsch::OptionError: unknown, or root.
Account look_up(const std::string& user, const std::string& group);

// Takes the place of the groups that the system gives the user. Throws kirsch::OptionError.
void set_groups(Account& account, const std::vector<std::string>& groups);

}  // namespace dropprivileges
