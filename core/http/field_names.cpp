// The table of known names and a hash over it that is free of collisions, which the compiler proves.
#include "http/field_names.h"

#include <array>
#include <bit>
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

constexpr unsigned slot_bits = 9;
constexpr std::size_t slots = 1U << slot_bits;
constexpr std::size_t longest = 32;

// Compilers make one load of it.
constexpr std::uint32_t four(const char* text) {
  const auto byte = [text](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

// Both ends and the size tell all names apart. Bit 5 is set on letters only by folding; other characters may fold to
// each other, the comparison afterwards is exact.
constexpr std::uint32_t hash(std::string_view text, std::uint32_t seed) {
  constexpr std::uint32_t fold = 0x20202020U;
  const auto size = static_cast<std::uint32_t>(text.size());
  std::uint32_t front = 0;
  std::uint32_t back = 0;
  if (size >= 4) {
    front = four(text.data());
    back = four(text.data() + size - 4);
  } else {
    const char short_name[4] = {text[0], text[size / 2], text[size - 1], 0};
    front = back = four(short_name);
  }
  return ((front | fold) ^ std::rotl(back | fold, 11) ^ size * 0x9e3779b1U) * seed >> (32 - slot_bits);
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
constexpr std::uint32_t seed = 1685192165U;
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
  return (given | (wanted & static_cast<Block>(0x4040404040404040U)) >> 1) == wanted;
}

// Both ends, which meet in nearly all names, then what lies between them.
template <std::unsigned_integral Block>
bool same_blocks(std::string_view spelled, std::string_view text) noexcept {
  constexpr std::size_t step = sizeof(Block);
  const std::size_t last = text.size() - step;
  if (!same_block<Block>(spelled.data(), text.data()) ||
      !same_block<Block>(spelled.data() + last, text.data() + last)) {
    return false;
  }
  for (std::size_t at = step; at < last; at += step) {
    if (!same_block<Block>(spelled.data() + at, text.data() + at)) return false;
  }
  return true;
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
