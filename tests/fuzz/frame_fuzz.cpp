// Frames of any bytes: what a reader makes of them does not depend on how they are cut, and no message is longer than
// it may be.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "websocket/close_code.h"
#include "websocket/frame_reader.h"

namespace {

using websocket::Event;

// What the events come to, in which pieces of one message are joined.
std::string read(std::string_view bytes, std::size_t piece, const websocket::ReadLimits& limits) {
  std::string said, held;
  websocket::FrameReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    held += bytes.substr(at, piece);
    std::span<char> input(held);
    for (;;) {
      const auto event = reader.next(input, limits);
      if (event.type == Event::Type::nothing) break;
      if (event.first) said.append(1, static_cast<char>('A' + static_cast<int>(event.type)));
      said.append(event.bytes);
      if (event.type == Event::Type::fault) return said.append(event.fault.reason);
      if (event.type == Event::Type::close) websocket::parse_close(event.bytes);
      if (limits.whole && event.type == Event::Type::message && event.bytes.size() > limits.payload(event.compressed))
        std::abort();
    }
    held.erase(0, held.size() - input.size());
  }
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Pieces of a message in which a fault comes later are events before it, more or fewer: only gathered ones compare.
  const websocket::ReadLimits limits{
      .message = (data[0] & 1) != 0 ? 64U : 1U << 20, .fragments = 16, .deflate = (data[0] & 2) != 0, .whole = true};
  const auto at_once = read(bytes, std::max<std::size_t>(bytes.size(), 1), limits);
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL})
    if (read(bytes, piece, limits) != at_once) std::abort();
  auto pieces = limits;
  pieces.whole = false;
  read(bytes, 1 + data[0] / 4, pieces);
  return 0;
}
