// Query, form and cookies as name-value pairs, parsed into the arena of the exchange.
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "kirsch/abi.h"

namespace kirsch::pipeline {

// At most this many pairs are given to modules; the rest is dropped (hash flooding and memory have their limit here).
inline constexpr std::size_t max_pairs = 1000;

// application/x-www-form-urlencoded (WHATWG URL, 5.1): `a=1&b=x+y`; a broken percent sequence stays as it is.
std::span<const kirsch_pair> parse_form(std::string_view text, base::Arena& arena);

// One Cookie field (RFC 6265 5.4): `a=1; b=2`; surrounding quotes of a value are taken off, parts without `=` dropped.
std::span<const kirsch_pair> parse_cookies(std::string_view text, base::Arena& arena);

}  // namespace kirsch::pipeline
