// What is said at the end, and how it is read.
#include "close_code.h"

#include "utf8.h"

namespace websocket {

CloseFrame parse_close(std::string_view payload) {
  if (payload.empty()) return {};
  if (payload.size() == 1) return {.fault = {protocol_error, "close frame of one byte"}};
  const auto digit = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(payload[at])); };
  const auto code = static_cast<std::uint16_t>(digit(0) << 8 | digit(1));
  if (!may_be_sent(code)) return {.fault = {protocol_error, "close code that may not be sent"}};
  if (!is_utf8(payload.substr(2))) return {.fault = {invalid_text, "reason that is not UTF-8"}};
  return {code, payload.substr(2), {}};
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  if (!may_be_sent(code)) code = internal_error;
  auto size = std::min(reason.size(), most_control_bytes - 2);
  while (size != 0 && !is_utf8(reason.substr(0, size))) --size;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return payload.append(reason.substr(0, size));
}

}  // namespace websocket
