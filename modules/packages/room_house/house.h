// Rooms, and who is in them on each loop.
#pragma once

#include <kirsch/rooms.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace room_house {

class Room;

// A member's place in a room.
struct Seat {
  void (*deliver)(void* member, const kirsch::SharedMessage* message);
  void* member;
  std::shared_ptr<Room> room;
  std::uint32_t lane;
  std::size_t index;  // among the room's on that loop
};

class Room : public std::enable_shared_from_this<Room> {
 public:
  explicit Room(std::string_view name)
      : name_(name), seats_(kirsch::loops()), counts_(kirsch::loops()), on_their_way_(kirsch::loops()) {}

  const std::string& name() const { return name_; }
  std::uint64_t members(std::uint32_t lane) const { return counts_[lane].load(std::memory_order_acquire); }

  // On the loop of the seat.
  void add(Seat& seat);
  void remove(Seat& seat);

  // From any thread to the members on `lane`: at once on that loop itself, unless others wait there for their turn.
  void send(std::uint32_t lane, bool is_here, const kirsch::PreparedMessage& message, const void* except);

 private:
  void deliver(std::uint32_t lane, const kirsch::SharedMessage& message, const void* except) const;

  const std::string name_;
  std::vector<std::vector<Seat*>> seats_;  // by loop, each on its own thread
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::vector<std::atomic<std::uint64_t>> on_their_way_;  // messages, by loop
};

// All rooms of one name space. Any thread, unless said otherwise.
class House {
 public:
  // Hears that a room has got its first member, or lost its last one; in order, and must not ask the house anything.
  using Watch = std::function<void(const std::string& room, bool begins)>;
  explicit House(Watch watch = {}) : watch_(std::move(watch)) {}

  Seat* join(std::uint32_t lane, std::string_view room, void (*deliver)(void*, const kirsch::SharedMessage*),
             void* member);  // on that loop
  void leave(Seat& seat);    // the same
  // What one thread has published after another, every member hears in that order.
  void publish(std::uint32_t lane, std::string_view room, kirsch::MessageKind kind, std::string_view bytes,
               const void* except);
  std::uint64_t members(std::string_view room) const;

 private:
  std::shared_ptr<Room> find(std::string_view room) const;

  const Watch watch_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Room>, std::less<>> rooms_;  // those with members
};

// What a provider's `service_table` is; `at` leads from `self` to a House, or to what has the same functions.
template <auto at>
constexpr kirsch::Rooms table{
    sizeof(kirsch::Rooms),
    [](void* self, std::uint32_t lane, kirsch_text room, void (*deliver)(void*, const kirsch::SharedMessage*),
       void* member) -> void* { return at(self).join(lane, kirsch::view(room), deliver, member); },
    [](void* self, void* seat) { at(self).leave(*static_cast<Seat*>(seat)); },
    [](void* self, std::uint32_t lane, kirsch_text room, std::uint32_t kind, kirsch_text bytes, void* except) {
      at(self).publish(lane, kirsch::view(room), static_cast<kirsch::MessageKind>(kind), kirsch::view(bytes), except);
    },
    [](void* self, kirsch_text room) { return at(self).members(kirsch::view(room)); }};

// Uses that say the same have one in common, as long as any of them is there.
template <class Type, class Make>
std::shared_ptr<Type> shared_by(const std::string& what_they_say, Make make) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Type>> all;
  const std::lock_guard guard(mutex);
  auto found = all[what_they_say].lock();
  if (found == nullptr) all[what_they_say] = found = make();
  return found;
}

}  // namespace room_house
