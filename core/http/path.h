// The path of a request brought to one form, once, before routing (RFC 3986 §6.2.2).
#pragma once

#include <optional>
#include <string_view>

namespace kirsch::base {
class Arena;
}

namespace kirsch::http {

// Percent-decodes once; an encoded slash stays (as "%2F") and never splits a segment; runs of slashes become one; "."
// and ".." segments are resolved after decoding, so "%2e%2e" counts. A final slash is kept. None (answer 400) when the
// path does not begin with a slash, climbs above the root, holds a broken escape, a control character (%00 too), or is
// not UTF-8 (overlong forms and surrogates are not). "*" is returned as it is. The result is the view itself if nothing
// changes, else it lives in the arena.
std::optional<std::string_view> normalised_path(std::string_view raw, base::Arena& arena);

}  // namespace kirsch::http
