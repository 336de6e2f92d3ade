// Says in the log that a certificate ends soon: 30, 7 and 1 days before, and when it has.
#pragma once

#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/tls/provider.h"

namespace kirsch::server {

class ExpiryWatch {
 public:
  explicit ExpiryWatch(base::Log& log) : log_(log) {}

  // Any thread. Those of a listener, in place of what it had.
  void set(const std::string& listener, std::vector<net::tls::Context::Expiry> expiries);
  // Any thread; as often as you like. Each of the days is said once.
  void look(std::time_t now = std::time(nullptr));

 private:
  struct Entry {
    net::tls::Context::Expiry expiry;
    int said = 0;  // how many of the days
  };

  base::Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Entry>> entries_;
};

}  // namespace kirsch::server
