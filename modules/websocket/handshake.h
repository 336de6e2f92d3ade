// The opening handshake (RFC 6455 4.2) as text: what the client says, and what it hears.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace websocket {

// The elements of a list field (RFC 9110 5.6.1), without outer space, empty ones left out.
std::vector<std::string_view> list_elements(std::string_view field);
bool has_element(std::string_view field, std::string_view element);  // without regard to case

// Base64 of 16 bytes, in its one form (4.2.1).
bool is_key(std::string_view key);
// Of Sec-WebSocket-Accept (4.2.2). Throws std::runtime_error where OpenSSL has no SHA-1.
std::string accept_value(std::string_view key);

// The names of subprotocols that the client offers, in its order. Nullopt: there is none, one is no token, or stands
// twice (4.1).
std::optional<std::vector<std::string_view>> subprotocols(std::string_view field);

}  // namespace websocket
