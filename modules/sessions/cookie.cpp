// RFC 6265bis. No Expires beside Max-Age: each browser that knows SameSite knows that one.
#include "cookie.h"

#include <algorithm>

#include "session_id.h"

namespace sessions {

Cookie::Cookie(const Settings& settings)
    : always_secure_(settings.always_secure()),
      never_secure_(settings.never_secure()),
      name_(settings.name),
      base_name_(settings.name) {
  for (const std::string_view prefix : {"__Host-", "__Secure-"}) {
    if (kirsch::same_field(std::string_view(name_).substr(0, prefix.size()), prefix))
      base_name_.erase(0, prefix.size());
  }
  attributes_ = "; Path=" + settings.path;
  if (!settings.domain.empty()) attributes_ += "; Domain=" + settings.domain;
  if (settings.httponly) attributes_ += "; HttpOnly";
  constexpr std::string_view words[] = {"Lax", "Strict", "None"};
  attributes_.append("; SameSite=").append(words[static_cast<std::size_t>(settings.samesite)]);
  if (settings.partitioned) attributes_ += "; Partitioned";
  if (settings.persistent) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.timeout).count();
    lifetime_ = "; Max-Age=" + std::to_string(std::max<std::int64_t>(seconds, 1));
  }
}

bool Cookie::secure(const kirsch::Request& request) const {
  return always_secure_ || (!never_secure_ && request.secure());
}

std::string_view Cookie::name(const kirsch::Request& request) const { return secure(request) ? name_ : base_name_; }

// More than one of the name may come where others may set cookies for this host; the first that can be one counts.
std::string_view Cookie::id(const kirsch::Request& request) const {
  const auto wanted = name(request);
  for (const auto& [key, value] : request.cookies()) {
    if (kirsch::view(key) == wanted && is_token(kirsch::view(value))) return kirsch::view(value);
  }
  return {};
}

bool Cookie::forged(const kirsch::Request& request) const { return request.cookies().find(name(request)).has_value(); }

void Cookie::give(kirsch::Exchange& exchange, std::string_view id) const { send(exchange, id, lifetime_); }

void Cookie::take_back(kirsch::Exchange& exchange) const { send(exchange, {}, "; Max-Age=0"); }

void Cookie::send(kirsch::Exchange& exchange, std::string_view id, std::string_view lifetime) const {
  const auto request = exchange.request();
  exchange.response().headers().add("Set-Cookie", name(request), "=", id, attributes_,
                                    secure(request) ? "; Secure" : "", lifetime);
}

}  // namespace sessions
