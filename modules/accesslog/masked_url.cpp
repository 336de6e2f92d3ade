// Works on the raw text: what is not understood stays as it was sent.
#include "masked_url.h"

#include <algorithm>

namespace accesslog {
namespace {

bool same(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char one, char other) {
    return (one >= 'A' && one <= 'Z' ? static_cast<char>(one | 0x20) : one) == other;
  });
}

}  // namespace

std::string_view masked_url(std::string_view url, const std::vector<std::string>& names, std::string& scratch) {
  const auto query = url.find('?');
  if (query == url.npos) return url;
  scratch.assign(url.substr(0, query + 1));
  bool masked = false;
  for (auto rest = url.substr(query + 1);;) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    const auto name = pair.substr(0, pair.find('='));
    const bool secret = name.size() + 1 < pair.size() &&
                        std::any_of(names.begin(), names.end(), [name](const auto& one) { return same(name, one); });
    masked = masked || secret;
    scratch.append(secret ? name : pair);
    if (secret) scratch += "=***";
    if (end == rest.size()) break;
    scratch += '&';
    rest.remove_prefix(end + 1);
  }
  return masked ? std::string_view(scratch) : url;
}

}  // namespace accesslog
