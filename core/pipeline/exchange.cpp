// The life of an exchange: steps, hand-overs, suspension, failures, and its end.
#include "pipeline/exchange.h"

#include <cassert>

#include "pipeline/dispatcher.h"

namespace kirsch::pipeline {
namespace {

// From the normalised path, not the raw one: "/\\host/../x" would lead a browser elsewhere. The only escape in it is
// %2F.
std::string encoded_path(std::string_view path) {
  constexpr std::string_view plain = "-._~!$&'()*+,;=:@/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t index = 0; index < path.size(); ++index) {
    const char byte = path[index];
    const char lower = static_cast<char>(byte | 0x20);
    const bool kept = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
                      plain.find(byte) != plain.npos || path.substr(index, 3) == "%2F";
    if (kept) {
      out += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      (out += '%').append({digits[value >> 4], digits[value & 15]});
    }
  }
  return out;
}

}  // namespace

// Before any tool has looked at the request: none shall ask for a password on this connection.
bool Exchange::redirect_to_https(const Generation& generation) {
  const auto& doors = generation.listeners[writer_->listener()].secure;
  for (const SecureDoor& door : doors) {
    const Site* site = head_.host.empty() ? nullptr : generation.find(door.listener, head_.host);
    if (site == nullptr) continue;
    std::string location = "https://" + std::string(head_.host);
    if (door.port != 443) location += ':' + std::to_string(door.port);
    location += head_.path == "*" ? "/" : encoded_path({request_.path.data, request_.path.size});
    if (!head_.query.empty()) location += '?' + std::string(head_.query);
    enter(*site->root, generation);
    if (!redirect(308, location)) make_page(400, {});
    return true;
  }
  if (doors.empty()) return false;
  enter(*generation.fallback(writer_->listener()).root, generation);
  make_page(421, {});  // RFC 9110 15.5.20
  return true;
}

Exchange::Exchange(Dispatcher& dispatcher, std::uint64_t slot)
    : kirsch_exchange{&exchange_functions, nullptr, 0}, dispatcher_(dispatcher), slot_(slot), fields_(arena_) {
  request = &request_;
}

Exchange::~Exchange() { release_all(); }

void Exchange::start(http::ResponseWriter& writer, http::RequestHead& head, const Generation& generation) {
  begin(writer, head);
  if (request_.path.data == nullptr) {
    rejected_ = true;
    page_ = {400, "the path is not valid"};
    route_rejected(generation);
    course_.start_rejected(*route_.plan);
  } else if (redirect_to_https(generation)) {
    course_.start_answered(*route_.plan);
  } else {
    route(generation);
    course_.start(*route_.plan);
  }
  run(Place::loop);
}

void Exchange::start_rejected(http::ResponseWriter& writer, const http::Fault& fault, http::RequestHead& head,
                              const Generation& generation) {
  begin(writer, head);
  page_ = fault;
  route_rejected(generation);
  course_.start_rejected(*route_.plan);
  run(Place::loop);
}

void Exchange::run(Place here) {
  for (;;) {
    if (here == Place::loop && gone_) course_.leave();
    const Step* step = course_.step();
    if (course_.stage() == Stage::handler && (route_.redirect_to_slash || route_.instead != 0)) step = nullptr;
    if (step != nullptr) {
      const Place place = place_of(*step);
      if (place != Place::either && place != here) {
        if (hand_over(place)) return;
      } else if (!call(*step, here)) {
        return;
      }
    } else if (here != Place::loop) {
      hand_over(Place::loop);
      return;
    } else if (course_.stage() == Stage::handler) {
      answer_without_handler();
    } else if (course_.stage() == Stage::done) {
      end();
      return;
    } else if (reach(course_.stage())) {
      course_.advance();
    } else {
      where_ = Where::waiting;
      return;
    }
  }
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
bool Exchange::call(const Step& step, Place here) {
  lane = here == Place::worker ? WorkerPool::current_lane() : dispatcher_.lane();
  (&step == &route_.plan->handler() ? handler_called_ : called_[step.tool]) = true;
  may_suspend_ = step.async;
  suspending_ = false;
  StepWatch::Lane& watched = dispatcher_.watch(lane);
  watched.begin(*step.label, dispatcher_.lane(), serial_);
  std::uint32_t flow = step.function(step.self, this);
  watched.end();
  may_suspend_ = false;
  body_in_.give_back({request_.body.data, request_.body.size});
  if (flow == KIRSCH_FLOW_SUSPEND && suspending_) {
    where_ = Where::suspended;
    return false;
  }
  if (flow == KIRSCH_FLOW_SUSPEND) {
    fail(0, "it returned `suspend` without having called it, or is not of class async");
    flow = KIRSCH_FLOW_FAIL;
  }
  drop_continuation();
  settle(flow, *step.name);
  return true;
}

void Exchange::settle(std::uint32_t flow, std::string_view name) {
  if (flow == KIRSCH_FLOW_FAIL) {
    course_.settle(note_failure(name));
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
    const auto query = head_.target.find('?');
    line.append(head_.method_name).append(" ").append(head_.target.substr(0, query));
    line.append(query == head_.target.npos ? ": " : "?***: ");  // a query may hold secrets
    line.append(name).append(" failed in ").append(word(stage)).append(": ").append(failure_text_);
    dispatcher_.log().write(base::Level::error, line);
  }
  if (stage == Stage::before_finalize) {
    bare_status_ = meant ? failure_status_ : std::uint16_t{500};
  } else if (meant && answerable) {
    make_page(failure_status_, failure_text_);
  } else if (answerable) {
    page_ = {500, {}};
  }
  failure_status_ = 0;
  failure_text_.clear();
  return meant ? Outcome::http_error : Outcome::unexpected;
}

void Exchange::answer_without_handler() {
  if (route_.redirect_to_slash) {
    std::string location = encoded_path({request_.path.data, request_.path.size}) + '/';
    if (!head_.query.empty()) location += '?' + std::string(head_.query);
    if (redirect(308, location)) return course_.settle(Outcome::answer);
    make_page(400, {});
  } else if (route_.instead == 204) {
    status_ = 204;
    fields_.set("Allow", method_list(route_.allowed));
    return course_.settle(Outcome::answer);
  } else {
    make_page(route_.instead != 0 ? route_.instead : std::uint16_t{404}, {});
    if (route_.instead == 405) fields_.set("Allow", method_list(route_.allowed));
  }
  course_.settle(Outcome::http_error);
}

// False: something else (the client, the kernel) goes on with it.
bool Exchange::reach(Stage milestone) {
  switch (milestone) {
    case Stage::body:
      if (!wants_body()) return true;
      body_in_.begin(dispatcher_.body_memory());
      writer_->read_body(route_.plan->body_limit());
      return false;
    case Stage::error_page:
      make_page(page_.status, page_.reason);
      return true;
    case Stage::head:
      send_head();
      return true;
    default:
      assert(milestone == Stage::leave);
      send_body();
      return false;
  }
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

void Exchange::refuse_work() {
  fail(503, "the server is busy");
  course_.settle(note_failure("the worker queue"));
  if (!committed_) fields_.set("Retry-After", "1");
}

void Exchange::work() noexcept { run(Place::worker); }

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
  std::uint32_t flow = taken.resumed != nullptr ? taken.resumed(taken.self, this) : std::uint32_t{KIRSCH_FLOW_NEXT};
  may_suspend_ = false;
  if (taken.destroy != nullptr) taken.destroy(taken.self);
  if (flow == KIRSCH_FLOW_SUSPEND && suspending_) {
    where_ = Where::suspended;
    return;
  }
  if (flow == KIRSCH_FLOW_SUSPEND) {
    fail(0, "it returned `suspend` without having called it");
    flow = KIRSCH_FLOW_FAIL;
  }
  drop_continuation();
  if (course_.stage() == Stage::body) return settle_body(flow);
  settle(flow, *course_.step()->name);
  run(Place::loop);
}

void Exchange::drop_continuation() noexcept {
  const Continuation dropped = std::exchange(continuation_, {});
  if (dropped.destroy != nullptr) dropped.destroy(dropped.self);
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
                  .handler = text(handler_called_ ? route_.plan->handler().name : nullptr),
                  .tools = tools};
  return route_taken_;
}

void Exchange::on_sent() {
  outcome_.complete = 1;
  outcome_.body_sent = writer_->body_sent();
  writer_ = nullptr;
  production_ = Production::none;
  course_.advance();
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

void Exchange::end() {
  release_all();
  fields_ = http::ResponseFields(arena_);
  arena_.reset();
  tls_.reset();
  if (auto file = body_in_.clear()) dispatcher_.discard(std::move(file));
  where_ = Where::free;
  dispatcher_.release(*this);
}

}  // namespace kirsch::pipeline
