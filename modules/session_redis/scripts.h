// What Redis does in one step, in its own language. Each script takes one record and answers with a status of the
// contract first, 9: locked.
#pragma once

#include <string>

namespace session_redis::scripts {

extern const std::string load;
extern const std::string lock;    // lock, lease, the process, 1: it lets another one go first, which of its asks
extern const std::string store;   // data, lock, revision, the new revision, age, left, unlock
extern const std::string touch;   // lock, left, unlock
extern const std::string remove;  // lock
extern const std::string unlock;  // lock

}  // namespace session_redis::scripts
