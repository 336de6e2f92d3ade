// What the fields of a request say about its host, its body and its connection (RFC 9112 §3.2, §6, §9).
#pragma once

#include <optional>

#include "http/fault.h"
#include "http/head.h"

namespace kirsch::http {

// After the request line and all fields are in `head`. Fills authority, host, content_length, chunked, keep_alive,
// expect_continue and upgrade; lower-cases the host in place, so the bytes under `head` must be writable.
std::optional<Fault> read_framing(RequestHead& head);

}  // namespace kirsch::http
