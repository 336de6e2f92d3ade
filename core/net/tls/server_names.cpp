// RFC 6125 6.4.3: the star stands for the whole leftmost label, and for one label only.
#include "net/tls/server_names.h"

#include <algorithm>

namespace kirsch::net::tls {

std::string ServerNames::normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool ServerNames::add(std::string_view name, std::size_t value) { return names_.emplace(normal(name), value).second; }

std::optional<std::size_t> ServerNames::find(std::string_view name) const {
  const std::string wanted = normal(name);
  if (const auto exact = names_.find(wanted); exact != names_.end() && !wanted.starts_with('*')) return exact->second;
  const std::size_t dot = wanted.find('.');
  if (dot == 0 || dot == std::string::npos) return std::nullopt;
  const auto wildcard = names_.find("*" + wanted.substr(dot));
  return wildcard == names_.end() ? std::nullopt : std::optional(wildcard->second);
}

}  // namespace kirsch::net::tls
