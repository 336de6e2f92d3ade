// The frames of RFC 6455, section 5: their heads and their masks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(Opcode opcode) { return (static_cast<unsigned>(opcode) & 8) != 0; }

constexpr std::size_t most_control_bytes = 125;

// Why a connection ends (7.4.1).
enum Code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  no_code = 1005,   // never sent: the frame had none
  no_frame = 1006,  // never sent: there was no close frame
  invalid_text = 1007,
  policy = 1008,
  too_big = 1009,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
};

// A rule that the client has broken: what the connection ends with.
struct Fault {
  std::uint16_t code = 0;  // of the close frame; 0: none
  const char* reason = "";
};

struct FrameHead {
  Opcode opcode{};
  bool final = false;
  bool compressed = false;  // RSV1 (RFC 7692 6)
  std::uint64_t size = 0;   // of the payload
  std::array<char, 4> mask{};
};

// What the front of some bytes is: a head, not yet one (0 bytes), or a fault, said as early as it can be seen.
struct ParsedHead {
  FrameHead head = {};
  std::size_t bytes = 0;
  Fault fault = {};
};

// `deflate`: the extension was negotiated, so RSV1 has a meaning.
ParsedHead parse_head(const char* bytes, std::size_t size, bool deflate);

// In place; `at` is where in the payload the bytes begin.
void unmask(char* bytes, std::size_t size, const std::array<char, 4>& mask, std::uint64_t at);

}  // namespace websocket
