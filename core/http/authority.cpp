// What may name a host.
#include "http/authority.h"

#include "http/characters.h"

namespace kirsch::http {

namespace {

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    std::size_t digits = 0;
    unsigned number = 0;
    while (digits < text.size() && digits < 4 && is(text[digits], character::digit)) {
      number = number * 10 + static_cast<unsigned>(text[digits++] - '0');
    }
    if (digits == 0 || digits > 3 || number > 255 || (digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(digits);
    if (++parts == 4) return text.empty();
    if (text.empty() || text.front() != '.') return false;
    text.remove_prefix(1);
  }
}

// RFC 4291 §2.2, without a zone: eight groups, one "::" may stand for at least one of them, the last two may be IPv4.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.substr(0, 2) == "::") {
    gap = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  while (true) {
    const std::size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && group.find('.') != std::string_view::npos) {
      groups += 2;
      return is_ipv4(group) && (gap ? groups < 8 : groups == 8);
    }
    if (group.empty() || group.size() > 4) return false;
    for (char c : group) {
      if (hex_digit(c) < 0) return false;
    }
    ++groups;
    if (end == std::string_view::npos) return gap ? groups < 8 : groups == 8;
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() == ':') {
      if (gap) return false;
      gap = true;
      text.remove_prefix(1);
      if (text.empty()) return groups < 8;
    }
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned number = 0;
  for (char c : text) {
    if (!is(c, character::digit)) return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  if (number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  Authority result;
  std::size_t host_size = 0;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return std::nullopt;
    host_size = close + 1;
    result.host = text.substr(0, host_size);
  } else {
    while (host_size < text.size() && is(text[host_size], character::host)) ++host_size;
    result.host = text.substr(0, host_size);
    if (result.host.size() > 1 && result.host.back() == '.') result.host.remove_suffix(1);
    if (result.host.empty() || result.host.back() == '.') return std::nullopt;
  }
  if (host_size == text.size()) return result;
  if (text[host_size] != ':') return std::nullopt;
  result.port = parse_port(text.substr(host_size + 1));
  if (!result.port) return std::nullopt;
  return result;
}

}  // namespace kirsch::http
