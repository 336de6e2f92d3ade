// What modules count, for Prometheus and whoever reads its format.
#include <kirsch/metrics.h>
#include <kirsch/module.h>

namespace {

// On a worker: modules are asked one after the other, and who asks beside waits.
struct Metrics {
  void handle(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    response.body(kirsch::metrics_text());
    response.headers().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers().set("Cache-Control", "no-store");
  }
};

}  // namespace

KIRSCH_MODULE("metrics", "1.0.0", kirsch::summary("Shows what modules count in the text format of Prometheus"),
              kirsch::handler<Metrics>("metrics").blocking());
