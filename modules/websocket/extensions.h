// What Sec-WebSocket-Extensions says (RFC 6455 9.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace websocket {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string> value;  // without its quotes
};

struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

// In the order of the field, of which names are views. Nullopt: it is not as the standard writes it, or names none.
std::optional<std::vector<Extension>> parse_extensions(std::string_view field);

}  // namespace websocket
