// A point in time as HTTP writes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace static_files {

// IMF-fixdate (RFC 9110 5.6.7), independent of the locale: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::sys_seconds time);

// All three forms of RFC 9110 5.6.7; two-digit years more than 50 years ahead are past. Nullopt: no date.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace static_files
