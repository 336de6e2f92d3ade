// Rooms of WebSocket connections within one server process.
#include <kirsch/module.h>

#include <memory>

#include "room_house/house.h"

namespace {

struct Local {
  std::string name;
  std::shared_ptr<room_house::House> house;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Local::name>("name", "rooms", "rooms of one name are the same ones").max_length(64));

  void prepare() {
    house = room_house::shared_by<room_house::House>(name, [] { return std::make_shared<room_house::House>(); });
  }

  static room_house::House& house_of(void* self) { return *static_cast<Local*>(self)->house; }
  static constexpr auto service_table = room_house::table<&house_of>;
};

}  // namespace

KIRSCH_MODULE("room_local", "1.0.0", kirsch::summary("Rooms of WebSocket connections within one server process"),
              kirsch::requires_feature(KIRSCH_FEATURE_BLOB), kirsch::service<Local, kirsch::Rooms>("local"));
