// Hosts and origins of pages, as header fields and addresses say them: for checks at load, and of who asks
#pragma once

#include <kirsch/options.h>

namespace kirsch {

namespace detail {

inline std::string lower_case(std::string_view text) {
  std::string made(text);
  for (char& letter : made) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  return made;
}

inline bool is_port(std::string_view text) {  // 1 to 65535, as one writes it
  if (text.empty() || text.size() > 5 || text[0] == '0') return false;
  unsigned number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + static_cast<unsigned>(digit - '0');
  }
  return number <= UINT16_MAX;
}

inline bool is_ipv6(std::string_view text) {  // groups in hexadecimal, one gap at most (RFC 5952)
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  bool gap = text.starts_with("::");
  if (gap) text.remove_prefix(2);
  std::size_t groups = 0;
  for (; !text.empty(); ++groups) {
    const auto end = text.find(':');
    const auto group = text.substr(0, end);
    if (group.empty() || group.size() > 4 || group.find_first_not_of(digits) != group.npos) return false;
    text.remove_prefix(group.size());
    if (text == ":" || (gap && text.starts_with("::"))) return false;
    gap = gap || text.starts_with("::");
    text.remove_prefix(text.starts_with("::") ? 2 : text.empty() ? 0 : 1);
  }
  return gap ? groups < 8 : groups == 8;
}

inline bool is_host_name(std::string_view text) {
  constexpr std::string_view letters = "-_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return !text.empty() && text[0] != '.' && text.size() <= 255 && text.find("..") == text.npos &&
         text.find_first_not_of(letters) == text.npos;
}

}  // namespace detail

// "host" or "host:port" of an address (RFC 3986 3.2) without a user: a name of ASCII letters, digits, '-', '_' and '.'
// (others are written in punycode), an IPv4 address, or an IPv6 address in brackets; a port from 1 to 65535.
inline bool is_authority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.find(':');
  const auto host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  if (bracketed && end == text.npos) return false;
  const auto rest = end == text.npos ? std::string_view() : text.substr(bracketed ? end + 1 : end);
  if (!rest.empty() && (rest[0] != ':' || !detail::is_port(rest.substr(1)))) return false;
  return bracketed ? detail::is_ipv6(host) : detail::is_host_name(host);
}

// "scheme://host[:port]" as browsers say it in Origin (RFC 6454 6.2): in lower case, without the port that http or
// https have anyway. Empty: `text` is the origin of no page, as one with a path, a user or a wildcard, "null", or ws://
// and wss://, whose pages are http's and https's.
inline std::string origin(std::string_view text) {
  auto whole = detail::lower_case(text);
  const auto end = whole.find("://");
  const auto scheme = std::string_view(whole).substr(0, end);
  if (end == whole.npos || !detail::is_token(scheme) || scheme == "ws" || scheme == "wss") return {};
  if (!is_authority(std::string_view(whole).substr(end + 3))) return {};
  const std::string_view usual = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
  if (std::string_view(whole).ends_with(usual)) whole.erase(whole.size() - usual.size());
  return whole;
}

// Is `said`, an Origin, the site that a request is for: its Host, and no weaker scheme? A proxy may have taken the TLS
// away.
inline bool is_own_origin(std::string_view said, std::string_view host, bool secure) {
  const auto page = origin(said);
  const auto scheme = page.substr(0, page.find("://") + 3);
  return (scheme == "https://" || (scheme == "http://" && !secure)) && page == origin(scheme + std::string(host));
}

}  // namespace kirsch
