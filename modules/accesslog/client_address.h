// The address of a client as text.
#pragma once

#include <kirsch/abi.h>

#include <cstddef>

namespace accesslog {

inline constexpr std::size_t longest_address = 40;

// "192.0.2.1", "2001:db8::1" (RFC 5952 4), "unix:" for a unix socket, "-" where it is not known. Returns its end, at
// most that much behind `to`.
char* put_address(char* to, const kirsch_address& address);

}  // namespace accesslog
