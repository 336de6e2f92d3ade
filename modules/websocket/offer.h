// The negotiation of permessage-deflate (RFC 7692 7.1): one offer of the client, made narrower, or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "extensions.h"

namespace websocket {

// What the operator allows.
struct DeflateTerms {
  bool context_takeover = false;  // on either side
  std::uint8_t window_bits = 15;  // of the server's compressor at most, 9 to 15
};

// What holds for a connection.
struct Deflate {
  bool server_context = false;    // messages of the server refer to earlier ones
  bool client_context = false;    // those of the client may
  std::uint8_t server_bits = 15;  // 9 to 15: zlib makes no raw stream with 8
  std::uint8_t client_bits = 15;  // 8 to 15
  bool says_server_bits = false;  // the answer names them
  bool says_client_bits = false;
};

// The first offer that can be met; one with an unknown or doubled parameter, or a value that it may not have, cannot.
// Nullopt: without compression.
std::optional<Deflate> negotiate(const std::vector<Extension>& offers, const DeflateTerms& terms);

// For the answer.
std::string extension(const Deflate& agreed);

}  // namespace websocket
