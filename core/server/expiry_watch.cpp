// Days before an end, from far to near.
#include "server/expiry_watch.h"

#include <array>
#include <utility>

namespace kirsch::server {
namespace {

constexpr std::time_t day = 24 * 60 * 60;
constexpr std::array<std::time_t, 4> moments = {30 * day, 7 * day, 1 * day, 0};

std::string left_text(std::time_t left) {
  if (left <= 0) return "has expired";
  const auto days = left / day;
  if (days == 0) return "expires in less than a day";
  return "expires in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace

void ExpiryWatch::set(const std::string& listener, std::vector<net::tls::Context::Expiry> expiries) {
  const std::lock_guard lock(mutex_);
  auto& entries = entries_[listener];
  entries.clear();
  for (auto& expiry : expiries) entries.push_back({std::move(expiry), 0});
}

void ExpiryWatch::look(std::time_t now) {
  const std::lock_guard lock(mutex_);
  for (auto& [listener, entries] : entries_) {
    for (Entry& entry : entries) {
      const auto left = entry.expiry.at - now;
      int reached = 0;
      for (const auto moment : moments) reached += left <= moment ? 1 : 0;
      if (reached <= entry.said) continue;
      entry.said = reached;
      log_.write(
          left <= day ? base::Level::error : base::Level::warning,
          "tls: the certificate '" + entry.expiry.subject + "' of listener '" + listener + "' " + left_text(left));
    }
  }
}

}  // namespace kirsch::server
