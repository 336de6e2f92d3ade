// Host and port as they stand in Host and in absolute targets (RFC 3986 §3.2, narrower).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kirsch::http {

struct Authority {
  std::string_view host;  // a final dot is cut off; an IPv6 literal keeps its brackets
  std::optional<std::uint16_t> port;
};

// A name of letters, digits and "-._~" (no escapes, no list, no user), an IPv4 address or an IPv6 literal; then
// optionally ":" and a decimal port of at most 65535. None: anything else, also the empty text.
std::optional<Authority> parse_authority(std::string_view text);

}  // namespace kirsch::http
