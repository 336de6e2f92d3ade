// The table of known names and a hash over it that is free of collisions, which the compiler proves.
#include "http/field_names.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>

#include "http/characters.h"

namespace kirsch::http {

namespace {

constexpr std::size_t names = static_cast<std::size_t>(FieldName::count);

// In the order of FieldName.
constexpr std::array<std::string_view, names> spellings{
    "",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "access-control-allow-origin",
    "access-control-request-headers",
    "access-control-request-method",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "cookie",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "dnt",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "origin",
    "permissions-policy",
    "pragma",
    "priority",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "referrer-policy",
    "retry-after",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "server",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-frame-options",
    "x-request-id",
};
static_assert(!spellings.back().empty(), "a spelling per FieldName");

constexpr std::size_t slots = 512;
constexpr std::size_t longest = 32;

// Four characters tell all names apart. Bit 5 is set on letters only by folding; other characters may fold
// to each other, the comparison afterwards is exact.
constexpr std::uint32_t hash(std::string_view text, std::uint32_t seed) {
  auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) | 0x20U; };
  const std::size_t size = text.size();
  std::uint32_t key = at(0) | (at(size / 2) << 8) | (at(size - 1) << 16) | (at(size * 3 / 4) << 24);
  key = (key ^ (static_cast<std::uint32_t>(size) * 0x9e3779b1U)) * seed;
  return (key ^ (key >> 15)) >> 8 & (slots - 1);
}

constexpr bool separates(std::uint32_t seed) {
  std::array<bool, slots> taken{};
  for (std::size_t i = 1; i < names; ++i) {
    bool& slot = taken[hash(spellings[i], seed)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

// Found by trying; a new name may need another one.
constexpr std::uint32_t seed = 1671534065U;
static_assert(separates(seed), "two names share a slot: choose another seed");

constexpr std::array<std::uint8_t, slots> make_table() {
  std::array<std::uint8_t, slots> table{};
  for (std::size_t i = 1; i < names; ++i) table[hash(spellings[i], seed)] = static_cast<std::uint8_t>(i);
  return table;
}

constexpr std::array<std::uint8_t, slots> known_names = make_table();

// Several characters at once. Where the spelling has a letter (bit 6) the case bit may differ, elsewhere nothing.
template <std::unsigned_integral Block>
bool same_block(const char* spelled, const char* text) noexcept {
  Block wanted = 0;
  Block given = 0;
  std::memcpy(&wanted, spelled, sizeof wanted);
  std::memcpy(&given, text, sizeof given);
  const auto case_bits = static_cast<Block>((wanted & static_cast<Block>(0x4040404040404040U)) >> 1);
  return ((wanted ^ given) & ~case_bits) == 0;
}

// Block by block, the last one from the end.
template <std::unsigned_integral Block>
bool same_blocks(std::string_view spelled, std::string_view text) noexcept {
  constexpr std::size_t step = sizeof(Block);
  for (std::size_t at = 0; at + step < text.size(); at += step) {
    if (!same_block<Block>(spelled.data() + at, text.data() + at)) return false;
  }
  return same_block<Block>(spelled.data() + text.size() - step, text.data() + text.size() - step);
}

bool is_spelled(std::string_view spelled, std::string_view text) noexcept {
  if (spelled.size() != text.size()) return false;
  if (text.size() >= 8) return same_blocks<std::uint64_t>(spelled, text);
  if (text.size() >= 4) return same_blocks<std::uint32_t>(spelled, text);
  return equal_ignoring_case(spelled, text);
}

}  // namespace

FieldName field_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > longest) return FieldName::other;
  const std::size_t candidate = known_names[hash(text, seed)];
  return is_spelled(spellings[candidate], text) ? static_cast<FieldName>(candidate) : FieldName::other;
}

std::string_view spelling(FieldName name) noexcept {
  const auto index = static_cast<std::size_t>(name);
  return index < names ? spellings[index] : std::string_view();
}

}  // namespace kirsch::http
