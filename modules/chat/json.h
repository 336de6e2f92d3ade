// Texts as JSON (RFC 8259).
#pragma once

#include <string>
#include <string_view>

namespace chat {

// With its quotation marks. `text` is UTF-8.
std::string quoted(std::string_view text);

// 1 to 64 bytes of UTF-8 (RFC 3629) without control characters.
bool is_name(std::string_view text);

}  // namespace chat
