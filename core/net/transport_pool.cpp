// Chunks of slots that are handed out again; a slot is back only when the turn has ended in which its transport was let
// go.
#include "net/transport_pool.h"

#include <cerrno>
#include <utility>

#include "net/driver.h"

namespace kirsch::net {

namespace {

constexpr std::size_t least_outputs = 16;
constexpr std::size_t most_spare_pieces = 64;  // of each

}  // namespace

TransportPool::TransportPool(Loop& loop, Driver& driver) noexcept
    : loop_(loop), driver_(driver), wheel_(base::steady_now()), outputs_(least_outputs) {}

TransportPool::~TransportPool() {
  end();
  for (const auto& chunk : chunks_) {
    for (std::size_t slot = 0; slot < chunk->used; ++slot) chunk->slots[slot].transport().~SocketTransport();
  }
}

bool TransportPool::grow() noexcept {
  try {
    const std::size_t slots = (chunks_.size() + 1) * chunk_size;
    if (free_.capacity() < slots) {
      // Twice as many: small steps would leave a hole in the heap each.
      for (auto* list : {&retired_, &reports_, &reporting_}) list->reserve(2 * slots);
      free_.reserve(2 * slots);
    }
    chunks_.push_back(std::make_unique<Chunk>());
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

// A slot that was used before, else the next one of the last chunk. Null: no memory.
TransportPool::Slot* TransportPool::take_slot() noexcept {
  if (!free_.empty()) {
    Slot* const slot = free_.back();
    free_.pop_back();
    slot->transport().~SocketTransport();
    return slot;
  }
  if ((chunks_.empty() || chunks_.back()->used == chunk_size) && !grow()) return nullptr;
  Chunk& chunk = *chunks_.back();
  return &chunk.slots[chunk.used++];
}

SocketTransport* TransportPool::create(base::UniqueFd descriptor, const Addresses& addresses) noexcept {
  Slot* const slot = take_slot();
  if (slot == nullptr) return nullptr;
  size_.store(size() + 1, std::memory_order_relaxed);
  return new (slot->bytes) SocketTransport(*this, std::move(descriptor), addresses);
}

void TransportPool::reclaim() noexcept {
  // A transport's bytes are the first member of its slot.
  for (SocketTransport* transport : retired_) free_.push_back(reinterpret_cast<Slot*>(transport));
  retired_.clear();
}

Output& TransportPool::take_output() {
  return outputs_.take([] { return std::make_unique<Output>(); });
}

void TransportPool::give_output(Output& output) noexcept {
  std::vector<iovec> pieces = std::move(output.pieces);
  output.clear();
  pieces.clear();
  if (pieces.capacity() <= most_spare_pieces) output.pieces = std::move(pieces);
  outputs_.give(output);
  if (outputs_.many()) loop_.shed_later(*this);
}

// Where thousands were answered in one turn theirs lie between what stays, and each would keep a page.
std::size_t TransportPool::shed() noexcept {
  const auto bytes = outputs_.shed() * sizeof(Output);
  if (outputs_.many()) loop_.shed_later(*this);
  return bytes;
}

void TransportPool::run_reports() noexcept {
  reporting_.swap(reports_);
  for (SocketTransport* transport : reporting_) {
    if (transport->reports()) transport->report();
  }
  reporting_.clear();
}

void TransportPool::expire(base::SteadyTime now) noexcept {
  while (Deadline* deadline = wheel_.expired(now)) static_cast<SocketTransport*>(deadline)->timed_out();
}

void TransportPool::end() noexcept {
  for (const auto& chunk : chunks_) {
    for (std::size_t slot = 0; slot < chunk->used; ++slot) {
      SocketTransport& transport = chunk->slots[slot].transport();
      if (!transport.closed()) transport.lost(ECANCELED);
    }
  }
  reclaim();
}

}  // namespace kirsch::net
