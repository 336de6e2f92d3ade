// Two hash tables: whole names, and the suffixes of wildcards with their leading dot.
#include "pipeline/host_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kirsch::pipeline {

namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter; }

std::string_view without_last_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

[[noreturn]] void refuse(std::string message, std::string help, const std::optional<base::Position>& position) {
  base::Diagnostic diagnostic;
  diagnostic.code = "P011";
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.position = position;
  throw base::Refusal(std::move(diagnostic));
}

void check(std::string_view host, const std::optional<base::Position>& position) {
  const std::string quoted = "'" + std::string(host) + "'";
  const std::string_view rest = host.starts_with("*.") ? host.substr(2) : host;
  const std::string_view stem = without_last_dot(rest);
  if (rest.find('*') != std::string_view::npos)
    refuse("a wildcard in host " + quoted + " stands at a place where it means nothing",
           "write *.example.org for all names below example.org", position);
  if (stem.empty() || stem.starts_with('.') || stem.ends_with('.') || stem.find("..") != std::string_view::npos)
    refuse("host " + quoted + " has an empty part", "write a name such as www.example.org", position);
  const auto forbidden = [](char letter) {
    return static_cast<unsigned char>(letter) <= ' ' || letter == '\x7f' || letter == '/' || letter == '@';
  };
  if (std::any_of(rest.begin(), rest.end(), forbidden))
    refuse("host " + quoted + " holds a character that no host name has", "write the name alone: www.example.org",
           position);
  if (!rest.starts_with('[') && rest.find(':') != std::string_view::npos)
    refuse("host " + quoted + " holds a colon",
           "leave out the port, the site answers on all its listeners; an IPv6 address stands in brackets: [::1]",
           position);
}

}  // namespace

// Eight characters at a time. Bit 5 is set in each, so letters of either case are equal; that a few others are, too,
// the comparison sorts out.
std::size_t HostTable::Hash::operator()(std::string_view host) const noexcept {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
  std::uint64_t hash = host.size();
  while (!host.empty()) {
    std::uint64_t block = 0;
    const std::size_t size = std::min(host.size(), sizeof block);
    std::memcpy(&block, host.data(), size);
    hash = (hash ^ (block | 0x2020202020202020U)) * factor;
    hash ^= hash >> 32;
    host.remove_prefix(size);
  }
  return static_cast<std::size_t>(hash);
}

bool HostTable::Equal::operator()(std::string_view left, std::string_view right) const noexcept {
  return left == right || std::equal(left.begin(), left.end(), right.begin(), right.end(),
                                     [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::uint32_t> HostTable::add(std::string_view host, std::uint32_t site,
                                            const std::optional<base::Position>& position) {
  if (host == "default") {
    if (default_) return default_;
    default_ = site;
    return std::nullopt;
  }
  check(host, position);
  const std::string_view name = without_last_dot(host);
  const bool wildcard = name.starts_with("*.");
  const auto [claim, fresh] =
      wildcard ? below_.try_emplace(std::string(name.substr(1)), site) : exact_.try_emplace(std::string(name), site);
  if (!fresh) return claim->second;
  if (wildcard) longest_below_ = std::max(longest_below_, name.size() - 1);
  return std::nullopt;
}

std::optional<std::uint32_t> HostTable::find(std::string_view host) const noexcept {
  if (exact_.empty() && below_.empty()) return default_;
  host = without_last_dot(host);
  if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  // From the longest suffix that can be known; one label at least stands before it.
  const std::size_t first = host.size() > longest_below_ ? std::max<std::size_t>(host.size() - longest_below_, 1) : 1;
  for (std::size_t dot = host.find('.', first); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    if (const auto found = below_.find(host.substr(dot)); found != below_.end()) return found->second;
  }
  return default_;
}

}  // namespace kirsch::pipeline
