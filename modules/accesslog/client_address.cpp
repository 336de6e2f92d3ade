// IPv4 arrives as v4-mapped IPv6.
#include "client_address.h"

#include <charconv>

namespace accesslog {
namespace {

void append_ipv4(std::string& out, const std::uint8_t* bytes) {
  char text[16];
  char* at = text;
  for (int byte = 0; byte < 4; ++byte) {
    at = std::to_chars(at, text + sizeof text, bytes[byte]).ptr;
    *at++ = '.';
  }
  out.append(text, at - 1);
}

void append_group(std::string& out, unsigned group) {
  char text[8];
  out.append(text, std::to_chars(text, text + sizeof text, group, 16).ptr);
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

void append_ipv6(std::string& out, const std::uint8_t* bytes) {
  unsigned groups[8];
  for (int group = 0; group < 8; ++group)
    groups[group] = static_cast<unsigned>(bytes[2 * group] << 8 | bytes[2 * group + 1]);
  const Zeros zeros = longest_zeros(groups);
  for (int group = 0; group < 8; ++group) {
    if (group == zeros.begin) {
      out += "::";
      group += zeros.size - 1;
      continue;
    }
    if (group != 0 && group != zeros.begin + zeros.size) out += ':';
    append_group(out, groups[group]);
  }
}

}  // namespace

void append_address(std::string& out, const kirsch_address& address) {
  if (address.family == 4) {
    append_ipv4(out, address.bytes + 12);
  } else if (address.family == 6) {
    append_ipv6(out, address.bytes);
  } else {
    out += address.family == 1 ? "unix:" : "-";
  }
}

}  // namespace accesslog
