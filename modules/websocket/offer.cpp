// An offer is a list of parameters, each at most once.
#include "offer.h"

#include <algorithm>
#include <utility>

namespace websocket {
namespace {

// 8 to 15 without a leading zero.
std::optional<std::uint8_t> window_bits(std::string_view value) {
  if (value.size() == 1 && (value[0] == '8' || value[0] == '9')) return static_cast<std::uint8_t>(value[0] - '0');
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return static_cast<std::uint8_t>(10 + value[1] - '0');
  return std::nullopt;
}

struct Offer {
  bool server_no_context = false;
  bool client_no_context = false;
  std::optional<std::uint8_t> server_bits;
  bool client_bits_said = false;
  std::optional<std::uint8_t> client_bits;
};

// False: no such parameter, or not so, or for a second time.
bool take(Offer& offer, const ExtensionParameter& parameter) {
  const auto& [name, value] = parameter;
  if (name == "server_no_context_takeover") return !value && !std::exchange(offer.server_no_context, true);
  if (name == "client_no_context_takeover") return !value && !std::exchange(offer.client_no_context, true);
  const auto bits = value ? window_bits(*value) : std::nullopt;
  if (name == "server_max_window_bits") {
    if (offer.server_bits) return false;
    offer.server_bits = bits;
    return bits.has_value();
  }
  if (name != "client_max_window_bits" || std::exchange(offer.client_bits_said, true)) return false;
  offer.client_bits = bits;
  return !value || bits;
}

std::optional<Offer> read(const Extension& extension) {
  if (extension.name != "permessage-deflate") return std::nullopt;
  Offer offer;
  for (const auto& parameter : extension.parameters)
    if (!take(offer, parameter)) return std::nullopt;
  return offer;
}

std::optional<Deflate> meet(const Offer& offer, const DeflateTerms& terms) {
  Deflate agreed;
  agreed.server_context = terms.context_takeover && !offer.server_no_context;
  agreed.client_context = terms.context_takeover && !offer.client_no_context;
  agreed.server_bits = std::min(terms.window_bits, offer.server_bits.value_or(15));
  agreed.says_server_bits = offer.server_bits.has_value();
  if (agreed.server_bits < 9) return std::nullopt;
  // Only who has said that it can is told how far back it may refer (7.1.2.2).
  agreed.says_client_bits = offer.client_bits_said && (terms.window_bits < 15 || offer.client_bits);
  if (agreed.says_client_bits) agreed.client_bits = std::min(terms.window_bits, offer.client_bits.value_or(15));
  return agreed;
}

}  // namespace

std::optional<Deflate> negotiate(const std::vector<Extension>& offers, const DeflateTerms& terms) {
  for (const auto& extension : offers) {
    if (const auto offer = read(extension)) {
      if (const auto agreed = meet(*offer, terms)) return agreed;
    }
  }
  return std::nullopt;
}

std::string extension(const Deflate& agreed) {
  std::string text = "permessage-deflate";
  if (!agreed.server_context) text += "; server_no_context_takeover";
  if (!agreed.client_context) text += "; client_no_context_takeover";
  if (agreed.says_server_bits) text += "; server_max_window_bits=" + std::to_string(agreed.server_bits);
  if (agreed.says_client_bits) text += "; client_max_window_bits=" + std::to_string(agreed.client_bits);
  return text;
}

}  // namespace websocket
