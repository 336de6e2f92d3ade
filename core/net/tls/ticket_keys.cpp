// Rotation happens when somebody asks: no timer, no thread.
#include "net/tls/ticket_keys.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace kirsch::net::tls {
namespace {

std::optional<TicketKeys::Key> random_key() noexcept {
  TicketKeys::Key key;
  for (const std::span<unsigned char> part :
       {std::span<unsigned char>(key.name), std::span<unsigned char>(key.cipher), std::span<unsigned char>(key.mac)}) {
    // Up to 256 bytes come whole.
    if (::getrandom(part.data(), part.size(), 0) != static_cast<ssize_t>(part.size())) return std::nullopt;
  }
  return key;
}

void forget(std::optional<TicketKeys::Key>& key) noexcept {
  if (key) ::explicit_bzero(&*key, sizeof(*key));
  key.reset();
}

}  // namespace

TicketKeys::~TicketKeys() {
  forget(current_);
  forget(previous_);
}

void TicketKeys::rotate(base::SteadyTime now) noexcept {
  if (current_ && now - born_ < rotation_) return;
  const bool just_old = current_ && now - born_ < 2 * rotation_;
  forget(previous_);
  if (just_old) previous_ = current_;
  forget(current_);
  current_ = random_key();
  // A key that nobody asked for in time is as old as the plan says, not as the question.
  born_ = just_old ? born_ + rotation_ : now;
}

std::optional<TicketKeys::Key> TicketKeys::current(base::SteadyTime now) noexcept {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name,
                                                  base::SteadyTime now) noexcept {
  const std::lock_guard lock(mutex_);
  rotate(now);
  if (current_ && std::ranges::equal(current_->name, name)) return Found{*current_, false};
  if (previous_ && std::ranges::equal(previous_->name, name)) return Found{*previous_, true};
  return std::nullopt;
}

}  // namespace kirsch::net::tls
