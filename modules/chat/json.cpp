// Only what must be escaped is.
#include "json.h"

namespace chat {
namespace {

// How many bytes the first character has; 0: there is none that may stand in a name.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(text[at])); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead < 0x20 || lead == 0x7F ? 0 : 1;
  const std::size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  unsigned code = lead & (0x7FU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return 0;
    code = code << 6 | (byte(at) & 0x3FU);
  }
  constexpr unsigned least[] = {0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < least[size - 2] || code > 0x10FFFF || surrogate ? 0 : size;
}

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made = "\"";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') made += '\\';
    if (code < 0x20) {
      made.append("\\u00") += digits[code >> 4];
      made += digits[code & 15];
    } else {
      made += byte;
    }
  }
  return made += '"';
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  while (!text.empty()) {
    const auto size = character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace chat
