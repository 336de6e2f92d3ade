// Holds back messages that repeat themselves, and says afterwards how often they did.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace kirsch::base {

// One thread at a time. Messages are the same if they differ in numbers and request ids only: every word of letters,
// digits and hyphens that has a digit counts as one and the same. Level debug passes: who asks for it wants every line.
class Repetition {
 public:
  static constexpr unsigned most = 10;               // of the same message pass in
  static constexpr std::chrono::seconds period{10};  // from the first one on
  static constexpr std::size_t remembered = 64;      // messages; of more, the oldest is forgotten
  static constexpr std::size_t sample_size = 200;    // bytes of a message that say which one it was

  using Sink = std::function<void(Level level, std::string_view line)>;

  // `sink` gets the lines that pass, and those that say what did not.
  explicit Repetition(Sink sink) : sink_(std::move(sink)) {}

  void write(Level level, std::string_view line, SteadyTime now);
  // Ends the periods that are over.
  void expire(SteadyTime now);
  // When the first period ends in which a message was held back, or the next one would be.
  std::optional<SteadyTime> due() const;

 private:
  struct Message {
    std::uint64_t key = 0;
    SteadyTime begin = SteadyTime::min();
    unsigned count = 0;  // 0: unused
    Level level{};
    std::string sample;
  };

  void end(Message& message);
  Message& place_for(std::uint64_t key, SteadyTime now);

  Sink sink_;
  std::array<Message, remembered> messages_;
};

}  // namespace kirsch::base
