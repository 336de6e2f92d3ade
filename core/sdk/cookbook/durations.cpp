// Metrics: how long the answers of a path take, and how many fail, for the handler `metrics` and `kirsch status
// --json`.
#include <kirsch/metrics.h>
#include <kirsch/module.h>

namespace {

struct Durations {
  std::string name;
  std::optional<kirsch::Histogram> seconds;
  std::optional<kirsch::Counter> failures;

  static constexpr auto options = kirsch::options(kirsch::opt<&Durations::name>(
      "name", kirsch::required,
      "of these paths in the metrics: few names, since each is a series of numbers for ever"));

  void prepare() {
    seconds.emplace("kirsch_answer_seconds", "Time from the head of a request to the last byte of its answer.",
                    std::vector{0.001, 0.01, 0.1, 1.0, 10.0}, kirsch::Labels{{"of", name}});
    failures.emplace("kirsch_answer_failures_total", "Answers of 500 and above.", kirsch::Labels{{"of", name}});
  }

  // Behind everything, so what it takes is in no answer.
  void on_end_request(kirsch::Exchange& exchange) const {
    seconds->observe(exchange.lane(), std::chrono::duration<double>(exchange.outcome().duration).count());
    if (exchange.response().status() >= 500) failures->add(exchange.lane());
  }
};

}  // namespace

KIRSCH_MODULE("durations", "1.0.0",
              kirsch::tool<Durations>("durations").failsafe(kirsch::Hook::on_end_request).carries_over());
