// Answers where there is no file to send.
#pragma once

#include <kirsch/exchange.h>

namespace static_files {

// For an errno of a look: 403, 404, 503 for a shortage that passes, or 308 to the path with a slash for EISDIR. What
// else goes wrong is an unexpected error.
[[noreturn]] void refuse(kirsch::Exchange& exchange, int error);

// 503 with Retry-After.
[[noreturn]] void refuse_for_now(kirsch::Exchange& exchange);

}  // namespace static_files
