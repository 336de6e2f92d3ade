// Rooms of WebSocket connections within one server process.
#include <kirsch/module.h>

#include "house.h"

namespace {

// Rooms of one name are the same wherever the configuration names them.
std::shared_ptr<room_local::House> house_of(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<room_local::House>> houses;
  const std::lock_guard guard(mutex);
  auto house = houses[name].lock();
  if (house == nullptr) houses[name] = house = std::make_shared<room_local::House>();
  return house;
}

struct Local {
  std::string name;
  std::shared_ptr<room_local::House> house;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Local::name>("name", "rooms", "rooms of one name are the same ones").max_length(64));

  void prepare() { house = house_of(name); }

  static room_local::House& at(void* self) { return *static_cast<Local*>(self)->house; }
  static constexpr kirsch::Rooms service_table{
      sizeof(kirsch::Rooms),
      [](void* self, std::uint32_t lane, kirsch_text room, void (*deliver)(void*, const kirsch::SharedMessage*),
         void* member) -> void* { return at(self).join(lane, kirsch::view(room), deliver, member); },
      [](void* self, void* seat) { at(self).leave(*static_cast<room_local::Seat*>(seat)); },
      [](void* self, std::uint32_t lane, kirsch_text room, std::uint32_t kind, kirsch_text bytes, void* except) {
        at(self).publish(lane, kirsch::view(room), static_cast<kirsch::MessageKind>(kind), kirsch::view(bytes), except);
      },
      [](void* self, kirsch_text room) { return at(self).members(kirsch::view(room)); }};
};

}  // namespace

KIRSCH_MODULE("room_local", "1.0.0", kirsch::summary("Rooms of WebSocket connections within one server process"),
              kirsch::requires_feature(KIRSCH_FEATURE_BLOB), kirsch::service<Local, kirsch::Rooms>("local"));
