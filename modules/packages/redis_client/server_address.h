// Where the Redis server is, and what it wants to know.
#pragma once

#include <cstdint>
#include <string>

namespace session_redis {

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

// redis://[user@]host[:port][/database], rediss:// for TLS. Throws kirsch::OptionError.
ServerAddress server_address(const std::string& url, const std::string& password);

}  // namespace session_redis
