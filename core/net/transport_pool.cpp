// Chunks of slots that are handed out again; a slot is back only when the turn has ended in which its transport was let
// go.
#include "net/transport_pool.h"

#include <cerrno>
#include <utility>

#include "net/driver.h"

namespace kirsch::net {

TransportPool::TransportPool(Loop& loop, Driver& driver) noexcept
    : loop_(loop), driver_(driver), wheel_(base::steady_now()) {}

TransportPool::~TransportPool() {
  end();
  for (const auto& chunk : chunks_) {
    for (Slot& slot : chunk->slots) {
      if (slot.used) slot.transport().~SocketTransport();
    }
  }
}

bool TransportPool::grow() noexcept {
  try {
    const std::size_t slots = (chunks_.size() + 1) * chunk_size;
    free_.reserve(slots);
    retired_.reserve(slots);
    chunks_.push_back(std::make_unique<Chunk>());
  } catch (const std::bad_alloc&) {
    return false;
  }
  for (Slot& slot : chunks_.back()->slots) free_.push_back(&slot);
  return true;
}

SocketTransport* TransportPool::create(base::UniqueFd descriptor, const Address& peer, const Address& local) noexcept {
  if (free_.empty() && !grow()) return nullptr;
  Slot& slot = *free_.back();
  free_.pop_back();
  if (slot.used) slot.transport().~SocketTransport();
  auto* transport = new (slot.bytes) SocketTransport(*this, std::move(descriptor), peer, local);
  slot.used = true;
  size_.store(size() + 1, std::memory_order_relaxed);
  return transport;
}

void TransportPool::reclaim() noexcept {
  // A transport's bytes are the first member of its slot.
  for (SocketTransport* transport : retired_) free_.push_back(reinterpret_cast<Slot*>(transport));
  retired_.clear();
}

void TransportPool::run_reports() noexcept {
  List<Report> waiting;
  waiting.take(reports_);
  while (Report* report = waiting.pop()) static_cast<SocketTransport*>(report)->report();
}

void TransportPool::expire(base::SteadyTime now) noexcept {
  while (Deadline* deadline = wheel_.expired(now)) static_cast<SocketTransport*>(deadline)->timed_out();
}

void TransportPool::end() noexcept {
  for (const auto& chunk : chunks_) {
    for (Slot& slot : chunk->slots) {
      if (slot.used && !slot.transport().closed()) slot.transport().lost(ECANCELED);
    }
  }
  reclaim();
}

}  // namespace kirsch::net
