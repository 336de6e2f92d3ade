// Sessions of clients: found by a cookie before the handler, stored behind it.
#include <kirsch/module.h>

#include "numbers.h"
#include "rounds.h"
#include "visit.h"

namespace {

using kirsch::Exchange;
using kirsch::Flow;
using kirsch::Hook;
using sessions::Locking;
using sessions::Visit;

struct Sessions : sessions::Settings {
  void prepare() {
    check();
    shared_ = std::make_unique<sessions::Shared>(*this);
    rounds_ = std::make_shared<sessions::Rounds>(*shared_);
    numbers_ = sessions::numbers_of(*shared_);
  }
  ~Sessions() {
    if (rounds_ != nullptr) rounds_->end();
    if (shared_ != nullptr) shared_->pending.wait();
  }

  Flow before_request_body(Exchange& exchange) const {
    return locking == Locking::early ? begin(exchange) : Flow::next;
  }
  Flow before_handler(Exchange& exchange) const { return locking == Locking::early ? Flow::next : begin(exchange); }
  Flow before_finalize(Exchange& exchange) const {
    auto* const visit = Visit::of(exchange);
    return visit == nullptr ? Flow::next : visit->finish(exchange);
  }

 private:
  Flow begin(Exchange& exchange) const {
    rounds_->begin(exchange.lane());
    return Visit::made_for(exchange, *shared_).begin(exchange);
  }

  std::unique_ptr<sessions::Shared> shared_;
  std::shared_ptr<sessions::Rounds> rounds_;
  std::vector<kirsch::Metric> numbers_;
};

constexpr auto tool = kirsch::tool<Sessions>("sessions")
                          .carries_over()
                          .async(Hook::before_request_body)
                          .async(Hook::before_handler)
                          .async(Hook::before_finalize)
                          .priority(Hook::before_request_body, 20)
                          .priority(Hook::before_handler, 20)
                          .priority(Hook::before_finalize, 90);

}  // namespace

KIRSCH_MODULE("sessions", "1.0.0", kirsch::summary("Sessions: what a client has said before, found again by a cookie"),
              tool);
