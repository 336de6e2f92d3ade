// The driver that a test's loops get: that of the server, unless the environment says KIRSCH_DRIVER=epoll, as it does
// in the second run of the tests that want both.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "net/epoll_driver.h"
#include "net/uring_driver.h"
#include "net/uring_probe.h"

namespace kirsch::test {

inline bool on_uring() {
  static const bool answer = [] {
    const char* name = std::getenv("KIRSCH_DRIVER");
    return (name == nullptr || std::string(name) != "epoll") && !net::uring_obstacle();
  }();
  return answer;
}

inline std::unique_ptr<net::Driver> make_driver() {
  if (on_uring()) return std::make_unique<net::UringDriver>();
  return std::make_unique<net::EpollDriver>();
}

}  // namespace kirsch::test
