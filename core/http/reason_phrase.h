// The words beside a status code (RFC 9110 §15 and its registry).
#pragma once

#include <cstdint>
#include <string_view>

namespace kirsch::http {

// Static text; empty for a status that has no registered one.
std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace kirsch::http
