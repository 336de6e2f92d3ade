// The cookie that carries an id.
#pragma once

#include <kirsch/exchange.h>

#include "settings.h"

namespace sessions {

class Cookie {
 public:
  Cookie() = default;
  explicit Cookie(const Settings& settings);

  // The id that the client has sent; empty: none, or nothing that this tool can have made.
  std::string_view id(const kirsch::Request& request) const;
  // True: it has sent something else by that name.
  bool forged(const kirsch::Request& request) const;
  // Without its prefix, so that a session is the same with and without TLS.
  std::string_view base_name() const { return base_name_; }

  void give(kirsch::Exchange& exchange, std::string_view id) const;
  void take_back(kirsch::Exchange& exchange) const;
  bool secure(const kirsch::Request& request) const;

 private:
  std::string_view name(const kirsch::Request& request) const;
  void send(kirsch::Exchange& exchange, std::string_view id, std::string_view lifetime) const;

  bool always_secure_ = false;
  bool never_secure_ = false;
  std::string name_;
  std::string base_name_;
  std::string attributes_;
  std::string lifetime_;
};

}  // namespace sessions
