// The transports of a loop: where they live, whose deadline passed, who has something to report, which are gone.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/spares.h"
#include "base/unique_fd.h"
#include "net/deadline_wheel.h"
#include "net/list.h"
#include "net/loop.h"
#include "net/socket_transport.h"

namespace kirsch::net {

class Driver;

// The loop's thread only, except size.
class TransportPool final : public Hoard {
 public:
  TransportPool(Loop& loop, Driver& driver) noexcept;
  ~TransportPool();
  TransportPool(const TransportPool&) = delete;
  TransportPool& operator=(const TransportPool&) = delete;

  Loop& loop() const noexcept { return loop_; }
  Driver& driver() const noexcept { return driver_; }
  DeadlineWheel& wheel() noexcept { return wheel_; }
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }  // any thread

  // Not yet known to the driver. Null: no memory; the descriptor is closed.
  SocketTransport* create(base::UniqueFd descriptor, const Addresses& addresses) noexcept;
  // Called by a transport that is closed: it counts no more.
  void retire() noexcept { size_.store(size() - 1, std::memory_order_relaxed); }
  // Called by a transport that the driver has let go. Its slot is free from the next reclaim on.
  void take_back(SocketTransport& transport) noexcept { retired_.push_back(&transport); }
  void reclaim() noexcept;

  // For what the kernel does not take at once; an idle transport has none. Throws std::bad_alloc.
  Output& take_output();
  void give_output(Output& output) noexcept;
  std::size_t shed() noexcept override;

  // Once before its report.
  void report_later(SocketTransport& transport) noexcept { reports_.push_back(&transport); }
  bool reports_wait() const noexcept { return !reports_.empty(); }
  void run_reports() noexcept;  // those that wait now
  void expire(base::SteadyTime now) noexcept;
  std::optional<base::SteadyTime> next_deadline() const noexcept { return wheel_.next(); }

  // Every transport gets on_lost(ECANCELED).
  void end() noexcept;

 private:
  // A closed transport stays in its slot until the slot is used again: an event that comes for it even after the turn
  // (a child process may keep its socket open for a moment) finds it closed.
  struct alignas(64) Slot {
    alignas(SocketTransport) std::byte bytes[sizeof(SocketTransport)];
    SocketTransport& transport() noexcept { return *std::launder(reinterpret_cast<SocketTransport*>(bytes)); }
  };
  static constexpr std::size_t chunk_size = 64;
  struct Chunk {
    Slot slots[chunk_size];
    std::size_t used = 0;  // ever: so many from the front
  };

  bool grow() noexcept;
  Slot* take_slot() noexcept;

  Loop& loop_;
  Driver& driver_;
  DeadlineWheel wheel_;
  std::vector<std::unique_ptr<Chunk>> chunks_;  // all but the last one were used
  // All have room for every slot, so that they cannot fail.
  std::vector<Slot*> free_;
  std::vector<SocketTransport*> retired_;
  std::vector<SocketTransport*> reports_;
  std::vector<SocketTransport*> reporting_;
  base::Spares<Output> outputs_;
  std::atomic<std::size_t> size_ = 0;
};

}  // namespace kirsch::net
