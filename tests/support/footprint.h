// What a server holds, and whether a test has left it with more: descriptors, threads, memory.
#pragma once

#include "support/memory.h"

namespace kirsch::test {

// Of a server without connections, once it has answered many clients at once: what it keeps for the next ones is no
// growth.
class Footprint {
 public:
  // `target` answers with `status`, also after whatever the test does.
  explicit Footprint(const Server& server, std::string target = "/", int status = 200);

  // A good request answers, and the server has let go of all that the test made it hold, but for `descriptors` that it
  // remembers. Waits for what takes its time: ends of connections, memory that is kept for a second.
  void expect_back(std::size_t descriptors = 0) const;

 private:
  struct Held {
    std::size_t descriptors, threads;
    std::uint64_t memory;
  };
  Held held() const;
  bool ask() const;

  const Server& server_;
  const std::string target_;
  const int status_;
  Held before_;
};

}  // namespace kirsch::test
