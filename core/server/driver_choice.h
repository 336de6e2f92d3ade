// Which driver the loops of this server get.
#pragma once

#include <memory>

#include "base/log.h"
#include "config/server.h"
#include "net/driver.h"

namespace kirsch::server {

using MakeDriver = std::unique_ptr<net::Driver> (*)();  // throws base::Refusal

// Tries io_uring where it may be used; `log` hears why it is not. Throws base::Refusal if it is demanded and does not
// work.
MakeDriver driver_choice(const config::ServerSettings& settings, base::Log& log);

}  // namespace kirsch::server
