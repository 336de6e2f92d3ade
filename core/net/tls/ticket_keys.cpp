// Rotation happens when somebody asks: no timer, no thread, nothing to be sent to other processes.
#include "net/tls/ticket_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>
#include <string_view>

namespace kirsch::net::tls {
namespace {

using Secret = std::array<unsigned char, 32>;
using Block = std::array<unsigned char, 64>;

Block derived(const Secret& secret, std::string_view what) noexcept {
  Block block{};
  ::HMAC(::EVP_sha512(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(what.data()), what.size(), block.data(), nullptr);
  return block;
}

Secret next_of(const Secret& secret) noexcept {
  const Block block = derived(secret, "next");
  Secret next;
  std::copy_n(block.begin(), next.size(), next.begin());
  return next;
}

TicketKeys::Key key_of(const Secret& secret) noexcept {
  const Block name = derived(secret, "name"), keys = derived(secret, "keys");
  TicketKeys::Key key;
  std::copy_n(name.begin(), key.name.size(), key.name.begin());
  std::copy_n(keys.begin(), key.cipher.size(), key.cipher.begin());
  std::copy_n(keys.begin() + key.cipher.size(), key.mac.size(), key.mac.begin());
  return key;
}

std::optional<TicketKeys::Seed> random_seed(base::SteadyTime now) noexcept {
  TicketKeys::Seed seed{{}, now};
  // So few bytes come whole.
  const auto size = static_cast<ssize_t>(seed.secret.size());
  return ::getrandom(seed.secret.data(), seed.secret.size(), 0) == size ? std::optional(seed) : std::nullopt;
}

}  // namespace

TicketKeys::TicketKeys(std::chrono::seconds rotation, const std::optional<Seed>& inherited)
    : rotation_(rotation), seed_(inherited) {
  if (seed_) derive();
}

TicketKeys::~TicketKeys() {
  if (seed_) ::explicit_bzero(&*seed_, sizeof(*seed_));
  for (Key* key : {&current_, &previous_}) ::explicit_bzero(key, sizeof(*key));
}

void TicketKeys::derive() noexcept {
  previous_ = key_of(seed_->secret);
  current_ = key_of(next_of(seed_->secret));
}

// A key that nobody asked for in time is as old as the plan says, not as the question: others may have asked.
bool TicketKeys::rotate(base::SteadyTime now) noexcept {
  if (seed_ && now - seed_->born < rotation_) return true;
  if (!seed_ && !(seed_ = random_seed(now))) return false;
  for (; now - seed_->born >= rotation_; seed_->born += rotation_) seed_->secret = next_of(seed_->secret);
  derive();
  return true;
}

std::optional<TicketKeys::Key> TicketKeys::current(base::SteadyTime now) noexcept {
  const std::lock_guard lock(mutex_);
  return rotate(now) ? std::optional(current_) : std::nullopt;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name,
                                                  base::SteadyTime now) noexcept {
  const std::lock_guard lock(mutex_);
  if (!rotate(now)) return std::nullopt;
  if (std::ranges::equal(current_.name, name)) return Found{current_, false};
  if (std::ranges::equal(previous_.name, name)) return Found{previous_, true};
  return std::nullopt;
}

std::optional<TicketKeys::Seed> TicketKeys::seed(base::SteadyTime now) noexcept {
  const std::lock_guard lock(mutex_);
  return rotate(now) ? seed_ : std::nullopt;
}

}  // namespace kirsch::net::tls
