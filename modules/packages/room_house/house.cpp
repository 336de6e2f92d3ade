// Each loop walks its own members; what is published goes to the other loops once, however many members they have.
#include "house.h"

#include <kirsch/tasks.h>

#include <atomic>
#include <memory>

namespace room_house {

void Room::add(Seat& seat) {
  auto& here = seats_[seat.lane];
  seat.index = here.size();
  here.push_back(&seat);
  counts_[seat.lane].store(here.size(), std::memory_order_release);
}

// The last one takes the place.
void Room::remove(Seat& seat) {
  auto& here = seats_[seat.lane];
  here[seat.index] = here.back();
  here[seat.index]->index = seat.index;
  here.pop_back();
  counts_[seat.lane].store(here.size(), std::memory_order_release);
}

// From the end, so that whoever leaves meanwhile changes places with one that has heard it.
void Room::deliver(std::uint32_t lane, const kirsch::SharedMessage& message, const void* except) const {
  const auto& here = seats_[lane];
  for (auto index = here.size(); index-- != 0;) {
    const Seat& seat = *here[index];
    if (&seat != except) seat.deliver(seat.member, &message);
  }
}

void Room::send(std::uint32_t lane, bool is_here, const kirsch::PreparedMessage& message, const void* except) {
  if (members(lane) == 0) return;
  auto& waiting = on_their_way_[lane];
  if (is_here && waiting.load(std::memory_order_acquire) == 0) return deliver(lane, message.raw(), except);
  waiting.fetch_add(1, std::memory_order_acq_rel);
  kirsch::post(lane, [room = shared_from_this(), lane, message, except] {
    room->deliver(lane, message.raw(), except);
    room->on_their_way_[lane].fetch_sub(1, std::memory_order_acq_rel);
  });
}

Seat* House::join(std::uint32_t lane, std::string_view room, void (*deliver)(void*, const kirsch::SharedMessage*),
                  void* member) {
  auto seat = std::make_unique<Seat>(Seat{deliver, member, nullptr, lane, 0});
  const std::lock_guard guard(mutex_);
  auto found = rooms_.find(room);
  if (found == rooms_.end()) {
    found = rooms_.emplace(room, std::make_shared<Room>(room)).first;
    if (watch_) watch_(found->first, true);
  }
  seat->room = found->second;
  seat->room->add(*seat);
  return seat.release();
}

void House::leave(Seat& seat) {
  const std::unique_ptr<Seat> owned(&seat);
  const std::lock_guard guard(mutex_);
  seat.room->remove(seat);
  for (std::uint32_t lane = 0; lane < kirsch::loops(); ++lane)
    if (seat.room->members(lane) != 0) return;
  rooms_.erase(seat.room->name());
  if (watch_) watch_(seat.room->name(), false);
}

void House::publish(std::uint32_t lane, std::string_view room, kirsch::MessageKind kind, std::string_view bytes,
                    const void* except) {
  const auto found = find(room);
  if (found == nullptr) return;
  const kirsch::PreparedMessage message(kind, bytes);
  for (std::uint32_t other = 0; other < kirsch::loops(); ++other)
    if (other != lane) found->send(other, false, message, nullptr);
  if (lane < kirsch::loops()) found->send(lane, true, message, except);
}

std::uint64_t House::members(std::string_view room) const {
  const auto found = find(room);
  std::uint64_t sum = 0;
  for (std::uint32_t lane = 0; found != nullptr && lane < kirsch::loops(); ++lane) sum += found->members(lane);
  return sum;
}

std::shared_ptr<Room> House::find(std::string_view room) const {
  const std::lock_guard guard(mutex_);
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : found->second;
}

}  // namespace room_house
