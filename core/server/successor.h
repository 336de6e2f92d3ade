// The process that takes the place of a server without a keeper.
#pragma once

#include <chrono>
#include <functional>

#include "server/inheritance.h"
#include "server/program.h"

namespace kirsch::server {

struct Bequest {
  const std::vector<BoundListener>& listeners;
  int control = -1;  // the listening control socket; -1: none
  TlsSecrets secrets = {};
};

// Starts it, hands the listening sockets over and returns its process once it serves; both accept then. Throws
// base::Refusal, the child being ended, if it says that it cannot, dies, takes longer than `patience` or `given_up`.
pid_t start_successor(const Program& program, const Bequest& bequest, std::chrono::milliseconds patience,
                      const std::function<bool()>& given_up);

}  // namespace kirsch::server
