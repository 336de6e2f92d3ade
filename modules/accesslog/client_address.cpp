// IPv4 arrives as v4-mapped IPv6.
#include "client_address.h"

#include <array>
#include <charconv>
#include <cstring>

#include "line.h"

namespace accesslog {
namespace {

// "0." to "255."
struct Octet {
  char text[4];
  std::uint8_t size;
};
constexpr auto octets = [] {
  std::array<Octet, 256> all{};
  for (unsigned number = 0; number < all.size(); ++number) {
    Octet& octet = all[number];
    const auto add = [&octet](unsigned digit) { octet.text[octet.size++] = static_cast<char>('0' + digit); };
    if (number >= 100) add(number / 100);
    if (number >= 10) add(number / 10 % 10);
    add(number % 10);
    octet.text[octet.size++] = '.';
  }
  return all;
}();

char* put_ipv4(char* to, const std::uint8_t* bytes) {
  for (int byte = 0; byte < 4; ++byte) {
    const Octet& octet = octets[bytes[byte]];
    std::memcpy(to, octet.text, sizeof octet.text);
    to += octet.size;
  }
  return to - 1;
}

// The longest run of at least two zero groups, the first of equal ones (RFC 5952 4.2).
struct Zeros {
  int begin = 8;
  int size = 0;
};

Zeros longest_zeros(const unsigned (&groups)[8]) {
  Zeros longest;
  for (int begin = 0; begin < 8; ++begin) {
    int size = 0;
    while (begin + size < 8 && groups[begin + size] == 0) ++size;
    if (size >= 2 && size > longest.size) longest = {begin, size};
  }
  return longest;
}

char* put_ipv6(char* to, const std::uint8_t* bytes) {
  unsigned groups[8];
  for (int group = 0; group < 8; ++group)
    groups[group] = static_cast<unsigned>(bytes[2 * group] << 8 | bytes[2 * group + 1]);
  const Zeros zeros = longest_zeros(groups);
  for (int group = 0; group < 8; ++group) {
    if (group == zeros.begin) {
      to = put(to, "::");
      group += zeros.size - 1;
      continue;
    }
    if (group != 0 && group != zeros.begin + zeros.size) *to++ = ':';
    to = std::to_chars(to, to + 4, groups[group], 16).ptr;
  }
  return to;
}

}  // namespace

char* put_address(char* to, const kirsch_address& address) {
  if (address.family == 4) return put_ipv4(to, address.bytes + 12);
  if (address.family == 6) return put_ipv6(to, address.bytes);
  return put(to, address.family == 1 ? "unix:" : "-");
}

}  // namespace accesslog
