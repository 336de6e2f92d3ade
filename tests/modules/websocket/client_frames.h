// Frames as a client makes them, and readers that get their bytes in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "websocket/frame_reader.h"

namespace websocket {

struct Made {
  unsigned first = 0x81;  // FIN and text
  std::string_view payload = {};
  std::string_view mask = "\x37\xFA\x21\x3D";
};

inline std::string masked(std::string_view payload, std::string_view mask) {
  std::string bytes(payload);
  for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<char>(bytes[at] ^ mask[at & 3]);
  return bytes;
}

// With its shortest length.
inline std::string client_frame(const Made& made) {
  std::string frame{static_cast<char>(made.first)};
  const auto size = made.payload.size();
  const unsigned digits = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  frame += static_cast<char>(0x80 | (digits == 0 ? size : digits == 2 ? 126 : 127));
  for (unsigned digit = digits; digit-- != 0;) frame += static_cast<char>(size >> (8 * digit) & 0xFF);
  return frame.append(made.mask).append(masked(made.payload, made.mask));
}

// What a reader makes of bytes that come in two pieces, cut at `cut`; one line per event.
inline std::vector<std::string> events_of(std::string bytes, std::size_t cut, const ReadLimits& limits = {}) {
  std::vector<std::string> events;
  FrameReader reader;
  std::string held;
  for (const auto& piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    held += piece;
    std::span<char> input(held);
    for (;;) {
      const auto event = reader.next(input, limits);
      if (event.type == Event::Type::nothing) break;
      const std::string text(event.bytes);
      switch (event.type) {
        case Event::Type::message:
          events.push_back(std::string(event.kind == Opcode::text ? "text" : "binary") +
                           (event.compressed ? " compressed" : "") + (event.first ? " " : " more ") + text +
                           (event.last ? "" : " …"));
          break;
        case Event::Type::ping:
          events.push_back("ping " + text);
          break;
        case Event::Type::pong:
          events.push_back("pong " + text);
          break;
        case Event::Type::close:
          events.push_back("close " + text);
          break;
        default:
          events.push_back(std::to_string(event.fault.code) + " " + event.fault.reason);
          return events;
      }
    }
    held.erase(0, held.size() - input.size());
  }
  return events;
}

}  // namespace websocket
