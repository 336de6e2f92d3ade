// The life of an exchange: steps, hand-overs, suspension, failures, and its end.
#include "pipeline/exchange.h"

#include <cassert>

#include "pipeline/contract_text.h"
#include "pipeline/dispatcher.h"

namespace kirsch::pipeline {

Exchange::Exchange(Dispatcher& dispatcher, std::uint64_t slot)
    : kirsch_exchange{&exchange_functions, nullptr, 0}, dispatcher_(dispatcher), slot_(slot), fields_(arena_) {
  request = &request_;
  request_.size = sizeof request_;
}

Exchange::~Exchange() { release_all(); }

void Exchange::run(Place here) {
  if (here == Place::loop && gone_) course_.leave();
  for (;;) {
    const Stage stage = course_.stage();
    const Step* step = course_.step();
    if (stage == Stage::handler && route_.instead != 0) step = nullptr;
    if (step == nullptr) {
      if (here != Place::loop) {
        hand_over(Place::loop);
        return;
      }
      if (!reach(stage)) return;
    } else if (here == Place::loop && step->plain != 0 && body_in_.descriptor() < 0) {
      call_plain();
    } else if (const Place place = place_of(*step); place != Place::either && place != here) {
      if (hand_over(place)) return;
    } else if (!call(*step)) {
      return;
    }
  }
}

// Nearly all steps run on the loop and say next: those of one stage are called in one go. The rest is for `call`.
void Exchange::call_plain() {
  StepWatch::Lane& watched = dispatcher_.loop_watch();
  const Step* step = course_.step();
  const Step* const end = step + course_.plain_steps();
  std::uint32_t flow = KIRSCH_FLOW_NEXT;
  watched.begin(*step->label, dispatcher_.lane(), serial_);
  for (;;) {
    called_[step->tool] = true;
    flow = step->function(step->self, this);
    if (flow != KIRSCH_FLOW_NEXT || ++step == end) break;
    watched.follow(*step->label);
  }
  watched.end();
  course_.pass(step);
  if (flow != KIRSCH_FLOW_NEXT) settle(*step, flow);
}

// Looking at a body in a file may wait for the disk, and a form is searched from end to end: no loop does that. So what
// else would run on the loop runs as if there were a blocking step.
Place Exchange::place_of(const Step& step) const {
  if (step.place != Place::loop || step.async || request_.body.data == nullptr || body_in_.descriptor() < 0)
    return step.place;
  const Stage stage = course_.stage();
  if (stage == Stage::before_handler || stage == Stage::handler) return Place::worker;
  return stage == Stage::before_finalize ? Place::either : step.place;
}

// False: suspended.
bool Exchange::call(const Step& step) {
  called_[step.tool] = true;
  may_suspend_ = step.async;
  suspending_ = false;
  StepWatch::Lane& watched = dispatcher_.watch(lane);
  watched.begin(*step.label, dispatcher_.lane(), serial_);
  const std::uint32_t flow = step.function(step.self, this);
  watched.end();
  may_suspend_ = false;
  body_in_.give_back({request_.body.data, request_.body.size});
  if (flow == KIRSCH_FLOW_SUSPEND && suspending_) {
    where_ = Where::suspended;
    return false;
  }
  settle(step, flow);
  return true;
}

// Of a step that has not suspended.
std::uint32_t Exchange::without_suspend(std::uint32_t flow) {
  if (flow != KIRSCH_FLOW_SUSPEND) return flow;
  fail(0, "it returned `suspend` without having called it, or is not of class async");
  return KIRSCH_FLOW_FAIL;
}

void Exchange::settle(const Step& step, std::uint32_t flow) {
  flow = without_suspend(flow);
  drop_continuation();
  if (flow == KIRSCH_FLOW_FAIL) {
    course_.settle(note_failure(step.label->name));
  } else {
    course_.settle(flow == KIRSCH_FLOW_ANSWER ? Outcome::answer : Outcome::next);
  }
}

// Logs what nobody may answer any more, makes the page where the stage allows one.
Outcome Exchange::note_failure(std::string_view name) {
  const bool meant = failure_status_ != 0;
  const Stage stage = course_.stage();
  const bool answerable = stage <= Stage::handler;
  if (!meant || !answerable) {
    std::string line = "request " + id() + ' ';
    const auto target = view(request_.target);
    const auto query = target.find('?');
    line.append(view(request_.method_name)).append(" ").append(target.substr(0, query));
    line.append(query == target.npos ? ": " : "?***: ");  // a query may hold secrets
    line.append(name).append(" failed in ").append(word(stage)).append(": ").append(failure_text_);
    dispatcher_.log().write(base::Level::error, line);
  }
  if (stage == Stage::before_finalize) {
    bare_status_ = std::max(bare_status_, meant ? failure_status_ : std::uint16_t{500});  // the worse one decides
  } else if (meant && answerable) {
    make_page(failure_status_, failure_text_);
  } else if (answerable) {
    page_ = {500, {}};
  }
  failure_status_ = 0;
  failure_text_.clear();
  return meant ? Outcome::http_error : Outcome::unexpected;
}

// False: it has ended, or something else (the client, the kernel) goes on with it.
bool Exchange::reach(Stage stage) {
  switch (stage) {
    case Stage::handler:
      answer_without_handler();
      return true;
    case Stage::body:
      if (!wants_body()) break;
      body_in_.begin(dispatcher_.body_memory());
      writer_->read_body(route_.plan->body_limit());
      where_ = Where::waiting;
      return false;
    case Stage::error_page:
      make_page(page_.status, page_.reason);
      break;
    case Stage::head:
      return !send_head();
    case Stage::done:
      end();
      return false;
    default:
      assert(stage == Stage::leave);
      send_body();
      where_ = Where::waiting;
      return false;
  }
  course_.advance();
  return true;
}

// True: this thread must not touch the exchange any more.
bool Exchange::hand_over(Place to) {
  if (to == Place::loop) {
    dispatcher_.bring_back(*this);
    return true;
  }
  where_ = Where::working;
  if (dispatcher_.submit(*this)) return true;
  where_ = Where::running;
  refuse_work();
  return false;
}

// Behind the handler nobody is asked to come again: it has done its work.
void Exchange::refuse_work() {
  const bool untouched = course_.stage() <= Stage::handler;
  fail(503, "the server is busy");
  course_.settle(note_failure("the worker queue"));
  if (!committed_ && untouched) fields_.set("Retry-After", "1");
}

void Exchange::work() noexcept {
  lane = WorkerPool::current_lane();
  run(Place::worker);
}

void Exchange::drop_work() noexcept {
  dropped_ = true;
  dispatcher_.bring_back(*this);
}

void Exchange::come_back() {
  where_ = Where::running;
  lane = dispatcher_.lane();
  if (std::exchange(dropped_, false)) refuse_work();
  run(Place::loop);
}

kirsch_handle Exchange::suspend(std::uint32_t (*resumed)(void*, kirsch_exchange*), void (*destroy)(void*), void* self) {
  drop_continuation();
  continuation_ = {resumed, destroy, self};
  if (!may_suspend_) {
    drop_continuation();
    return {0, 0};
  }
  suspending_ = true;
  ++suspensions_;
  return handle();
}

void Exchange::resume(kirsch_handle handle) {
  if (where_ != Where::suspended || handle.generation != this->handle().generation) return;
  where_ = Where::running;
  const Continuation taken = std::exchange(continuation_, {});
  may_suspend_ = true;
  suspending_ = false;
  const std::uint32_t flow =
      taken.resumed != nullptr ? taken.resumed(taken.self, this) : std::uint32_t{KIRSCH_FLOW_NEXT};
  may_suspend_ = false;
  if (taken.destroy != nullptr) taken.destroy(taken.self);
  if (flow == KIRSCH_FLOW_SUSPEND && suspending_) {
    where_ = Where::suspended;
    return;
  }
  if (course_.stage() == Stage::body) {
    drop_continuation();
    return settle_body(without_suspend(flow));
  }
  settle(*course_.step(), flow);
  run(Place::loop);
}

void Exchange::destroy_continuation() noexcept {
  const Continuation dropped = std::exchange(continuation_, {});
  dropped.destroy(dropped.self);
}

void Exchange::fail(std::uint16_t status, std::string_view text) {
  const bool valid = status >= 400 && status <= 599;
  failure_status_ = valid ? status : std::uint16_t{0};
  failure_text_ = text;
  if (!valid && status != 0) failure_text_.insert(0, std::to_string(status) + " is no status of an error: ");
}

const kirsch_outcome& Exchange::outcome() {
  const auto id_text = id_.empty() ? arena_.copy(id()) : id_;
  outcome_.committed = committed_ ? 1 : 0;
  outcome_.duration = static_cast<std::uint64_t>(std::chrono::nanoseconds(base::steady_now() - begin_).count());
  outcome_.id = {id_text.data(), id_text.size()};
  return outcome_;
}

const kirsch_route& Exchange::route_taken() {
  const auto text = [](const std::string* name) {
    return name == nullptr ? kirsch_text{} : kirsch_text{name->data(), name->size()};
  };
  const auto all = route_.plan->tools();
  auto* const tools = arena_.array<kirsch_text>(all.size());
  std::uint32_t count = 0;
  for (std::size_t tool = 0; tool < all.size(); ++tool) {
    if (called_[tool]) tools[count++] = text(&all[tool].instance->offer().name);
  }
  route_taken_ = {.size = sizeof route_taken_,
                  .tool_count = count,
                  .listener = text(route_.listener),
                  .path = text(route_.path),
                  .handler = text(called_[all.size()] ? &route_.plan->handler().label->name : nullptr),
                  .tools = tools};
  return route_taken_;
}

void Exchange::on_sent(std::uint64_t body_sent) {
  outcome_.complete = 1;
  outcome_.body_sent = body_sent;
  writer_ = nullptr;
  production_ = Production::none;
  course_.advance();
  if (course_.stage() == Stage::done) return end();
  where_ = Where::running;
  run(Place::loop);
}

void Exchange::on_gone() {
  const std::uint64_t body_sent = writer_->body_sent();
  writer_ = nullptr;
  production_ = Production::none;
  gone_ = true;
  if (where_ != Where::waiting && where_ != Where::suspended) return;  // no body leaves while a worker has it
  outcome_.body_sent = body_sent;
  where_ = Where::running;
  drop_continuation();
  run(Place::loop);
}

// What modules left with the exchange goes back to them.
void Exchange::release_all() noexcept {
  attachments_.clear();
  drop_continuation();
  body_ = std::string_view();
  if (stream_handler_ != nullptr) {
    std::exchange(stream_handler_, nullptr)->on_close(stream_self_, nullptr, 0);
  }
}

void Exchange::drop_body() noexcept {
  if (auto file = body_in_.clear()) dispatcher_.discard(std::move(file));
}

void Exchange::end() {
  release_all();
  fields_.clear();
  head_.reset();
  arena_.reset();
  tls_.reset();
  if (has_body_) drop_body();
  where_ = Where::free;
  dispatcher_.release(*this);
}

}  // namespace kirsch::pipeline
