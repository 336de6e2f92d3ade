// Close frames (RFC 6455 5.5.1, 7.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frame.h"

namespace websocket {

// May stand in a close frame: registered for that, or free for libraries and applications.
constexpr bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

struct CloseFrame {
  std::uint16_t code = no_code;
  std::string_view reason = {};  // a view of the payload
  Fault fault = {};
};
CloseFrame parse_close(std::string_view payload);

// What stands in a close frame: a code that may be sent, and as much of the reason as there is room for, in whole
// characters.
std::string close_payload(std::uint16_t code, std::string_view reason);

}  // namespace websocket
