// Works on the raw text, where a name may be written in many ways: what is not understood stays as it was sent.
#include "masked_url.h"

#include <algorithm>

namespace accesslog {
namespace {

int digit(char byte) {
  const char lower = static_cast<char>(byte | 0x20);
  if (byte >= '0' && byte <= '9') return byte - '0';
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Takes the first character of a name, decoded as handlers see it, in lower case.
char take(std::string_view& name) {
  char byte = name.front();
  std::size_t size = 1;
  if (byte == '+') byte = ' ';
  if (byte == '%' && name.size() > 2 && digit(name[1]) >= 0 && digit(name[2]) >= 0) {
    byte = static_cast<char>(digit(name[1]) * 16 + digit(name[2]));
    size = 3;
  }
  name.remove_prefix(size);
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

bool same(std::string_view name, std::string_view lower) {
  for (const char byte : lower) {
    if (name.empty() || take(name) != byte) return false;
  }
  return name.empty();
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
