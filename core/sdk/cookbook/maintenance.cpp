// A switch that an operator throws while the server serves: everybody gets 503 until it is thrown back.
#include <kirsch/module.h>
#include <kirsch/storage.h>

#include <algorithm>
#include <atomic>

namespace {

// Of the host, so that the tool and its switch, and every reload, find the same one.
struct Door {
  std::uint8_t closed;
};
std::atomic_ref<std::uint8_t> closed(Door& door) { return std::atomic_ref(door.closed); }

struct Maintenance {
  std::chrono::seconds retry_after{};
  std::vector<kirsch::Cidr> admit;
  Door* door = nullptr;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Maintenance::retry_after>("retry_after", "5m", "when clients may ask again"),
                      kirsch::opt<&Maintenance::admit>("admit", "[]", "networks that see the site all the same"));

  void prepare() { door = &kirsch::storage<Door>("door", 1); }

  void on_start_resource(kirsch::Exchange& exchange) const {
    if (closed(*door).load(std::memory_order_relaxed) == 0) return;
    const auto& peer = exchange.request().peer();
    if (std::any_of(admit.begin(), admit.end(), [&](const auto& network) { return network.contains(peer); })) return;
    exchange.response().headers().set("Retry-After", retry_after);
    throw kirsch::HttpError(503, "Closed for maintenance.");
  }
};

// PUT closes, DELETE opens, and every answer says how it stands.
struct MaintenanceSwitch {
  Door* door = nullptr;

  void prepare() { door = &kirsch::storage<Door>("door", 1); }

  void handle(kirsch::Exchange& exchange) const {
    const auto method = exchange.request().method();
    if (method == kirsch::Method::put) closed(*door).store(1, std::memory_order_relaxed);
    if (method == kirsch::Method::delete_) closed(*door).store(0, std::memory_order_relaxed);
    exchange.response().text(closed(*door).load(std::memory_order_relaxed) != 0 ? "closed\n" : "open\n");
  }
};

}  // namespace

KIRSCH_MODULE("maintenance", "1.0.0", kirsch::tool<Maintenance>("maintenance"),
              kirsch::handler<MaintenanceSwitch>("maintenance_switch"));
