// Messages out of the bytes of a client (RFC 6455 5.4 to 5.6): whole frames where they lie, the rest gathered. Holds no
// memory between messages.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "frame.h"
#include "utf8.h"

namespace websocket {

struct ReadLimits {
  std::uint64_t message = 1 << 20;  // bytes, when they are inflated; more is 1009
  std::uint32_t fragments = 1024;   // of one message; more is 1008
  bool deflate = false;             // RSV1 has a meaning
  bool whole = true;                // messages are gathered; false: pieces as they arrive

  // Of a message as it arrives: what cannot be compressed becomes longer, by an eighth at most (deflateBound).
  std::uint64_t payload(bool compressed) const { return compressed ? message + message / 8 + 64 : message; }
};

// What came next. `bytes` are valid until the next call.
struct Event {
  enum class Type : std::uint8_t { nothing, message, ping, pong, close, fault };
  Type type = Type::nothing;
  Opcode kind{};            // of a message: text or binary
  bool compressed = false;  // its payload must be inflated, and is not looked at; always whole
  bool first = true;        // of a message's pieces
  bool last = true;
  std::string_view bytes;
  Fault fault;
};

class FrameReader {
 public:
  // Takes the next event from the front of `input`, whose bytes it changes. `nothing`: what is left of it is to come
  // again with more behind it. After a fault nothing is to be read.
  Event next(std::span<char>& input, const ReadLimits& limits);

  bool idle() const { return open_ == nullptr; }  // no message has begun

 private:
  // A message that has begun.
  struct Open {
    Opcode kind{};
    bool compressed = false;
    bool given = false;           // a piece of it was an event
    bool done = false;            // all of it was
    std::uint32_t fragments = 0;  // frames so far
    std::uint64_t size = 0;       // of all frames that have begun
    FrameHead frame;              // the current one
    std::uint64_t read = 0;       // of its payload
    std::string bytes;            // gathered
    Utf8 text;
  };

  Fault judge(const FrameHead& head, const ReadLimits& limits) const;
  std::optional<Event> head(std::span<char>& input, const ReadLimits& limits);
  static Event control(const FrameHead& head, std::string_view bytes);
  static Event whole(const FrameHead& head, std::string_view bytes);
  std::optional<Event> part(std::span<char>& input, const ReadLimits& limits);
  void begin(const FrameHead& head);

  std::unique_ptr<Open> open_;
};

}  // namespace websocket
