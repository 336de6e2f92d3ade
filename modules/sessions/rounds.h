// What is done every `clean_freq`: sessions that have ended are swept away, and what has happened is logged.
#pragma once

#include <memory>
#include <mutex>

#include "shared.h"

namespace sessions {

class Rounds : public std::enable_shared_from_this<Rounds> {
 public:
  explicit Rounds(const Shared& shared) : shared_(shared) {}
  // [loop] The first call begins the rounds, on that loop.
  void begin(std::uint32_t lane);
  // Afterwards nothing of the tool is touched. Any thread but a loop's.
  void end();

 private:
  void next(std::uint32_t lane, Milliseconds delay);
  void go(std::uint32_t lane);
  void report();

  const Shared& shared_;
  std::atomic<bool> begun_ = false;
  std::mutex mutex_;
  bool ended_ = false;
  std::string last_report_;
};

}  // namespace sessions
