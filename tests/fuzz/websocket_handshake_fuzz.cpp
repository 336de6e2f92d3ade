// Fields of a handshake, of any bytes: whatever is agreed on can be said in an answer, and names lie in what was sent.
#include <kirsch/origin.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "websocket/handshake.h"
#include "websocket/offer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (websocket::is_key(text) && websocket::accept_value(text).size() != 28) std::abort();
  if (const auto names = websocket::subprotocols(text)) {
    for (const auto name : *names)
      if (name.empty() || name.data() < text.data() || name.data() + name.size() > text.data() + size) std::abort();
  }
  const auto offers = websocket::parse_extensions(text);
  for (const auto& offer : offers.value_or(std::vector<websocket::Extension>()))
    if (offer.name.empty() || offer.name.data() < text.data()) std::abort();
  for (const bool contexts : {false, true}) {
    for (const int bits : {9, 12, 15}) {
      const websocket::DeflateTerms terms{contexts, static_cast<std::uint8_t>(bits)};
      const auto agreed = offers ? websocket::negotiate(*offers, terms) : std::nullopt;
      if (!agreed) continue;
      if (agreed->server_bits < 9 || agreed->server_bits > bits || agreed->client_bits < 8) std::abort();
      // An answer is an offer that can be met as it is.
      const auto said = websocket::extension(*agreed);
      const auto again = websocket::negotiate(websocket::parse_extensions(said).value(), terms);
      if (!again || again->server_context != agreed->server_context) std::abort();
    }
  }
  const auto origin = kirsch::origin(text);
  if (!origin.empty() && kirsch::origin(origin) != origin) std::abort();
  kirsch::is_own_origin(origin.empty() ? "https://a" : origin, text, (size & 1) != 0);
  return 0;
}
