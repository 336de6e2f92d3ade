// What the tests of session_redis ask of their storage.
#pragma once

#include "support/redis_server.h"
#include "support/session_storage_suite.h"

namespace kirsch::test {

inline constexpr std::uint64_t done = 0, absent = 1, unavailable = 2, corrupt = 3, conflict = 5, lost = 6, full = 8;

// Slow is not dead here: the machine may have more to do.
inline std::string at(const RedisServer& redis, const std::string& more = ", timeout: 20s") {
  return "{ redis: { url: \"" + redis.url() + "\"" + more + " } }";
}
inline const std::string hex_key(64, 'a');
inline const std::string redis_key = "kirsch:session:" + hex_key;
inline std::string redis_call(const std::string& op, const std::string& more = {}) {
  return "op=" + op + "&left=600000&hex=" + hex_key + more;
}

}  // namespace kirsch::test
