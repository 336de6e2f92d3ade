// A point in time as HTTP writes it.
#pragma once

#include <chrono>
#include <string>

namespace static_files {

// IMF-fixdate (RFC 9110 5.6.7), independent of the locale: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::sys_seconds time);

}  // namespace static_files
