// Combinations that could only fail later, in somebody's browser.
#include "settings.h"

#include <kirsch/origin.h>

#include <algorithm>

namespace sessions {
namespace {

[[noreturn]] void refuse(const char* option, const std::string& sentence) {
  throw kirsch::OptionError(option, sentence);
}

bool has_prefix(std::string_view name, std::string_view prefix) {  // browsers compare without regard to case
  return kirsch::same_field(name.substr(0, prefix.size()), prefix);
}

void check_cookie(const Settings& of) {
  const auto visible = [](char byte) { return byte > ' ' && byte < 0x7F; };
  const auto fit = [&](char byte) {
    return visible(byte) && std::string_view("\"(),/:;<=>?@[\\]{}").find(byte) == std::string_view::npos;
  };
  if (of.name.empty() || !std::all_of(of.name.begin(), of.name.end(), fit))
    refuse("name", "'" + of.name + "' is not the name of a cookie (RFC 6265 4.1.1)");
  if (!of.path.starts_with('/') || of.path.find(';') != std::string::npos ||
      !std::all_of(of.path.begin(), of.path.end(), visible))
    refuse("path", "the path of a cookie begins with / and holds no space and no semicolon");
  const bool name = kirsch::is_authority(of.domain) && of.domain.find_first_of(":_[") == of.domain.npos;
  const bool address = of.domain.find_first_not_of("0123456789.") == of.domain.npos;
  if (!of.domain.empty() && (!name || address || of.domain.ends_with('.')))
    refuse("domain", "write a name such as example.org, which stands for those below it, too");
}

// RFC 6265bis 4.1.3, 5.6 and, of Partitioned, its draft CHIPS.
void check_security(const Settings& of) {
  const bool host = has_prefix(of.name, "__Host-");
  const std::string prefix = host ? "__Host-" : "__Secure-";
  const std::string plain = of.name.substr(std::min(prefix.size(), of.name.size()));
  if ((host || has_prefix(of.name, "__Secure-")) && of.never_secure())
    refuse("name", "browsers take a cookie whose name begins with " + prefix +
                       " only with 'secure: true': write 'name: " + plain +
                       "', or 'secure: auto', which leaves the prefix out where a request comes without TLS");
  if (host && !of.domain.empty())
    refuse("domain", "browsers take no cookie with a domain whose name begins with __Host-: write 'name: __Secure-" +
                         plain + "'");
  if (host && of.path != "/")
    refuse("path", "browsers take a cookie whose name begins with __Host- only with 'path: /': write 'name: __Secure-" +
                       plain + "'");
  if (of.samesite == SameSite::none && !of.always_secure())
    refuse("samesite", "browsers take SameSite=None only with 'secure: true'");
  if (of.partitioned && !of.always_secure())
    refuse("partitioned", "browsers take a partitioned cookie only with 'secure: true'");
}

void check_times(const Settings& of) {
  if (of.absolute_timeout && *of.absolute_timeout < of.timeout)
    refuse("absolute_timeout", "it is shorter than 'timeout', which then would mean nothing");
  if (of.rotation && *of.rotation < std::chrono::seconds(60))
    refuse("rotation", "write 1m or more, or 'off': a browser needs some seconds to use its new id everywhere");
  if (of.rotation && of.absolute_timeout && *of.rotation >= *of.absolute_timeout)
    refuse("rotation", "it is not shorter than 'absolute_timeout', so it would never come");
  if (of.lock_timeout >= of.lock_lease)
    refuse("lock_timeout", "it is not shorter than 'lock_lease', after which a lock is taken away anyway");
  if (of.clean_freq && *of.clean_freq < std::chrono::seconds(1)) refuse("clean_freq", "write 1s or more, or 'off'");
}

}  // namespace

void Settings::check() const {
  check_cookie(*this);
  check_security(*this);
  check_times(*this);
}

}  // namespace sessions
