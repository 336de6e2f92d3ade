// Frames of RFC 6455 as a client writes and reads them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kirsch::testing {

enum class Opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct Frame {
  Opcode opcode = Opcode::text;
  bool final = true;
  std::string payload;
};

std::string masked(Opcode opcode, std::string_view payload);
// The first of `bytes`, which goes off their front; none: it is not complete. Throws std::runtime_error for what no
// server may send without extensions.
std::optional<Frame> take_frame(std::string& bytes);

}  // namespace kirsch::testing
