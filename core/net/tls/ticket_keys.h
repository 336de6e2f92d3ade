// The keys of session tickets: one for all loops and processes of a server, a new one from time to time, the one before
// it still accepted.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "base/clock.h"

namespace kirsch::net::tls {

// Any thread. Outlives contexts, so that a reload of certificates costs no client its session.
class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
  };
  struct Found {
    Key key;
    bool renew;  // it is the old one: give the client a new ticket
  };
  // What the keys are made from. Each secret follows from the one before it, and not the other way round, at times that
  // all processes of a machine agree on: whoever has the seed has the keys from then on, and none of older ones.
  struct Seed {
    std::array<unsigned char, 32> secret{};  // of the key before the current one
    base::SteadyTime born{};                 // of the current one
  };

  // Goes on with the keys of another process if it gets their seed.
  explicit TicketKeys(std::chrono::seconds rotation, const std::optional<Seed>& inherited = {});
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  std::chrono::seconds rotation() const { return rotation_; }
  // For a new ticket. None: the system gives no random bytes.
  std::optional<Key> current(base::SteadyTime now = base::steady_now()) noexcept;
  // For a ticket that a client brings. None: too old, or not ours.
  std::optional<Found> find(std::span<const unsigned char, 16> name,
                            base::SteadyTime now = base::steady_now()) noexcept;
  // For another process. None as with `current`.
  std::optional<Seed> seed(base::SteadyTime now = base::steady_now()) noexcept;

 private:
  bool rotate(base::SteadyTime now) noexcept;
  void derive() noexcept;

  const std::chrono::seconds rotation_;
  std::mutex mutex_;
  std::optional<Seed> seed_;
  Key current_;
  Key previous_;
};

}  // namespace kirsch::net::tls
