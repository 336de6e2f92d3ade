// A message each: what it is for, a line's end, the secret itself.
#include "server/tls_secrets.h"

#include <algorithm>
#include <cstdlib>

namespace kirsch::server {
namespace {

using Seed = net::tls::TicketKeys::Seed;

std::string text_of(const Seed& seed) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(seed.born.time_since_epoch());
  return std::string(seed.secret.begin(), seed.secret.end()) + std::to_string(since.count());
}

std::optional<Seed> seed_of(const std::string& text) {
  Seed seed;
  if (text.size() <= seed.secret.size()) return std::nullopt;
  std::copy_n(text.begin(), seed.secret.size(), seed.secret.begin());
  seed.born = base::SteadyTime(std::chrono::nanoseconds(std::atoll(text.c_str() + seed.secret.size())));
  return seed;
}

}  // namespace

bool TlsSecrets::send(net::MessageChannel& to) const {
  const auto sent_password = [&to](const auto& one) {
    return one.second ? to.send("password", one.first + '\n' + *one.second) : to.send("no_password", one.first);
  };
  const auto sent_seed = [&to](const auto& one) { return to.send("tickets", one.first + '\n' + text_of(one.second)); };
  return std::ranges::all_of(passwords, sent_password) && std::ranges::all_of(tickets, sent_seed);
}

bool TlsSecrets::take(const net::Message& message) {
  const auto end = message.body.find('\n');
  const auto of = message.body.substr(0, end);
  const auto secret = end == std::string::npos ? std::string() : message.body.substr(end + 1);
  if (message.type == "password") {
    passwords[of] = secret;
  } else if (message.type == "no_password") {
    passwords[of] = std::nullopt;
  } else if (message.type == "tickets") {
    if (const auto seed = seed_of(secret)) tickets[of] = *seed;
  } else {
    return false;
  }
  return true;
}

}  // namespace kirsch::server
