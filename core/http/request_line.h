// Method, target and version of a request (RFC 9112 §3).
#pragma once

#include <optional>
#include <string_view>

#include "http/fault.h"
#include "http/head.h"
#include "http/limits.h"

namespace kirsch::http {

kirsch_method method_of(std::string_view name);

// `line` without its end, of spaces and visible ASCII only. Fills method, target, path, query, the authority of an
// absolute target and the version of `head`, as far as it gets.
std::optional<Fault> parse_request_line(std::string_view line, const Limits& limits, RequestHead& head);

}  // namespace kirsch::http
