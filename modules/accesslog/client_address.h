// The address of a client as text.
#pragma once

#include <kirsch/abi.h>

#include <string>

namespace accesslog {

// "192.0.2.1", "2001:db8::1" (RFC 5952 4), "unix:" for a unix socket, "-" where it is not known.
void append_address(std::string& out, const kirsch_address& address);

}  // namespace accesslog
