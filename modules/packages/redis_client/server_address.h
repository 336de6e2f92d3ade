// Where the Redis server is, and what it wants to know.
#pragma once

#include <kirsch/options.h>

#include <cstdint>

namespace redis_client {

struct ServerAddress {
  std::string host;
  std::uint16_t port = 6379;
  std::string database = "0";
  std::string user;
  std::string password;
  bool encrypted = false;
  std::string authorities;  // a PEM file: who may vouch for the server; empty: whom the system trusts

  std::string shown() const { return host + ':' + std::to_string(port) + '/' + database; }
};

// What the options `url`, `password` and `authorities` of a module say: redis://[user@]host[:port][/database],
// rediss:// for TLS. Throws kirsch::OptionError.
ServerAddress server_address(const std::string& url, const kirsch::Secret& password,
                             const std::optional<kirsch::Path>& authorities);

}  // namespace redis_client
