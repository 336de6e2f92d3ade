// What a client says about the media types it takes (RFC 9110 12.5.1).
#pragma once

#include <string_view>

namespace kirsch::pipeline {

// How much it wants `type` ("text/html") in thousandths, 0: not at all. `accept` is its field, empty: it takes all
// alike.
unsigned quality(std::string_view accept, std::string_view type);

}  // namespace kirsch::pipeline
