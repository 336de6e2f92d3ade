// The keys of session tickets: one for all loops, a new one from time to time, the one before it still accepted.
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

  explicit TicketKeys(std::chrono::seconds rotation) : rotation_(rotation) {}
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  std::chrono::seconds rotation() const { return rotation_; }
  // For a new ticket. None: the system gives no random bytes.
  std::optional<Key> current(base::SteadyTime now = base::steady_now()) noexcept;
  // For a ticket that a client brings. None: too old, or not ours.
  std::optional<Found> find(std::span<const unsigned char, 16> name,
                            base::SteadyTime now = base::steady_now()) noexcept;

 private:
  void rotate(base::SteadyTime now) noexcept;

  const std::chrono::seconds rotation_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
  base::SteadyTime born_{};  // of current_
};

}  // namespace kirsch::net::tls
