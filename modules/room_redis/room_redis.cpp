// Rooms of WebSocket connections that the processes of several machines share.
#include <kirsch/module.h>

#include <memory>

#include "relay.h"

namespace {

struct Redis {
  std::string url;
  kirsch::Secret password;
  std::optional<kirsch::Path> authorities;
  std::string prefix;
  std::chrono::milliseconds timeout{};
  kirsch::Size queue;
  std::shared_ptr<room_redis::Relay> relay;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Redis::url>("url", "redis://127.0.0.1:6379", "redis://[user@]host[:port]; rediss:// for TLS"),
      kirsch::opt<&Redis::password>("password", "\"\"", "what the server wants to hear; empty: nothing"),
      kirsch::opt<&Redis::authorities>("authorities", "off",
                                       "PEM: who vouches for a rediss:// server; off: the system's"),
      kirsch::opt<&Redis::prefix>("prefix", "\"kirsch:room:\"", "what the names of the channels begin with")
          .max_length(256),
      kirsch::opt<&Redis::timeout>("timeout", "1s", "a server that has not answered by then is not available")
          .range(10'000'000, 60'000'000'000),
      kirsch::opt<&Redis::queue>("queue", "16MiB", "so much may wait for the server; more is dropped")
          .range(1024, 1LL << 40));

  void prepare() {
    const room_redis::RelaySettings settings{redis_client::server_address(url, password, authorities), prefix, timeout,
                                             queue.bytes};
    if (settings.address.database != "0")
      throw kirsch::OptionError("url", "channels belong to no database: 'prefix' keeps rooms apart");
    std::string all;
    for (const auto& part : {url, password.text, settings.address.authorities, prefix, std::to_string(timeout.count()),
                             std::to_string(queue.bytes)})
      all.append(part) += '\0';
    relay =
        room_house::shared_by<room_redis::Relay>(all, [&] { return std::make_shared<room_redis::Relay>(settings); });
  }

  static room_redis::Relay& relay_of(void* self) { return *static_cast<Redis*>(self)->relay; }
  static constexpr auto service_table = room_house::table<&relay_of>;
};

}  // namespace

KIRSCH_MODULE("room_redis", "1.0.0", kirsch::summary("Rooms of WebSocket connections that processes share by Redis"),
              kirsch::requires_feature(KIRSCH_FEATURE_BLOB), kirsch::service<Redis, kirsch::Rooms>("redis"));
