// The answer of the machine, not of a version number, decides.
#include "server/driver_choice.h"

#include <string>

#include "base/diagnostic.h"
#include "net/epoll_driver.h"
#include "net/uring_driver.h"
#include "net/uring_probe.h"

namespace kirsch::server {

MakeDriver driver_choice(const config::ServerSettings& settings, base::Log& log) {
  const MakeDriver epoll = []() -> std::unique_ptr<net::Driver> { return std::make_unique<net::EpollDriver>(); };
  const MakeDriver uring = []() -> std::unique_ptr<net::Driver> { return std::make_unique<net::UringDriver>(); };
  if (settings.driver == config::DriverChoice::epoll) return epoll;
  const auto obstacle = net::uring_obstacle();
  if (!obstacle) return uring;
  if (settings.driver == config::DriverChoice::automatic) {
    log.write(base::Level::info, "server: the loops use epoll, because io_uring does not work here: " + *obstacle);
    return epoll;
  }
  throw base::Refusal(base::Diagnostic{.code = "C079",
                                       .message = "io_uring does not work here: " + *obstacle,
                                       .position = settings.driver_origin,
                                       .help = "write driver: auto, or allow it to this process"});
}

}  // namespace kirsch::server
