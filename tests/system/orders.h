// Reads from the server's log which hooks ran, in which order, for one request after another.
#pragma once

#include "support/client.h"

namespace kirsch::test {

class Orders {
 public:
  explicit Orders(const Server& server) : server_(server) {}

  // The steps of the next exchange that has ended, as the recorder logged them. Waits for it.
  std::string next() { return server_.wait_for_line("hooks: ", ++count_); }

 private:
  const Server& server_;
  std::size_t count_ = 0;
};

}  // namespace kirsch::test
