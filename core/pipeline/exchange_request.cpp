// What the client asked for: the facts, the route, and the body as it comes in.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "http/characters.h"
#include "http/path.h"
#include "pipeline/contract_text.h"
#include "pipeline/dispatcher.h"
#include "pipeline/exchange.h"
#include "pipeline/exchange_id.h"
#include "pipeline/request_pairs.h"

namespace kirsch::pipeline {

[[gnu::always_inline]] inline void Exchange::fill_request(const http::RequestHead& head) {
  // One by one: the calls would make the compiler fill another one first and copy it.
  request_.method = static_cast<std::uint16_t>(head.method);
  request_.version = static_cast<std::uint8_t>(10 + head.version_minor);
  request_.secure = writer_->secure() ? 1 : 0;
  request_.method_name = text(head.method_name);
  request_.target = text(head.target);
  request_.path = text(head.path);
  request_.query = text(head.query);
  request_.host = text(head.host);
  request_.body = {nullptr, 0};
  request_.fields = head.fields.data();
  request_.params = nullptr;
  request_.field_count = static_cast<std::uint32_t>(head.fields.size());
  request_.param_count = 0;
  addresses_ = writer_->addresses();
  has_body_ = head.has_body();
  may_upgrade_ = head.upgrade;
}

[[gnu::always_inline]] inline void Exchange::begin(http::ResponseWriter& writer, const http::KeptHead& head) {
  writer_ = &writer;
  where_ = Where::running;
  serial_ = dispatcher_.next_serial();
  lane = dispatcher_.lane();
  gone_ = committed_ = rejected_ = dropped_ = warm_ = own_page_ = false;
  production_ = Production::none;
  status_ = 200;
  bare_status_ = failure_status_ = 0;
  failure_text_.clear();
  produced_ = 0;
  id_ = {};
  begin_ = dispatcher_.loop().now();
  outcome_ = {.size = sizeof outcome_, .committed = 0, .complete = 0, .body_sent = 0, .duration = 0, .id = {}};
  parsed_.reset();
  head_.share(head);  // late hooks may look at the request when the connection has another one
  if (writer.secure()) tls_ = writer.tls();
  fill_request(*head);
}

void Exchange::start(http::ResponseWriter& writer, const http::KeptHead& head, const Generation& generation) {
  begin(writer, head);
  if (const Route* known = dispatcher_.routes().again(generation.number(), writer.listener(), head.number())) {
    follow(*known);
  } else {
    choose(generation);
  }
  run(Place::loop);
}

void Exchange::follow(const Route& known) {
  route_ = known;
  forget_calls();
  course_.start(*route_.plan);
}

void Exchange::choose(const Generation& generation) {
  const http::RequestHead& head = *head_;
  const bool usual = head.method != KIRSCH_METHOD_TRACE && head.method != KIRSCH_METHOD_CONNECT;
  const RouteMemory::Question question{generation.number(), writer_->listener(), head.host, head.path};
  if (const Route* known = usual ? dispatcher_.routes().find(question, head_.number()) : nullptr) {
    follow(*known);
  } else if (decide(head, generation)) {
    dispatcher_.routes().remember(question, route_);
  }
}

// True: every request for its host and path goes there, but those of unusual methods.
bool Exchange::decide(const http::RequestHead& head, const Generation& generation) {
  bool always = false;
  normalise(head);
  if (request_.path.data == nullptr) {
    rejected_ = true;
    page_ = {400, "the path is not valid"};
    route_rejected(generation);
    course_.start_rejected(*route_.plan);
  } else if (redirect_to_https(generation)) {
    course_.start_answered(*route_.plan);
  } else {
    always = route(generation) && request_.path.data == head.path.data();
    course_.start(*route_.plan);
  }
  return always;
}

void Exchange::start_rejected(http::ResponseWriter& writer, const http::Fault& fault, const http::KeptHead& head,
                              const Generation& generation) {
  begin(writer, head);
  normalise(*head);
  page_ = fault;
  route_rejected(generation);
  course_.start_rejected(*route_.plan);
  run(Place::loop);
}

// Its data is null where the path is not valid.
void Exchange::normalise(const http::RequestHead& head) {
  const auto path = http::normalised_path(head.path, arena_);
  request_.path = path ? text(*path) : kirsch_text{nullptr, 0};
}

// True: every request for its host and path goes there, but those of unusual methods.
bool Exchange::route(const Generation& generation) {
  const Site* site = generation.find(writer_->listener(), view(request_.host));
  if (site == nullptr) {
    enter(*generation.fallback(writer_->listener()).root, generation);
    route_.instead = 421;  // RFC 9110 15.5.20
    return false;
  }
  const auto match = site->routes.find(request_, peer());
  enter(match.path ? *site->plans[*match.path] : *site->root, generation);
  if (match.path) route_.path = &route_.plan->path();
  if (const auto captures = match.captures(); !captures.empty()) {
    auto* const params = arena_.array<kirsch_pair>(captures.size());
    std::ranges::copy(captures, params);
    request_.params = params;
    request_.param_count = static_cast<std::uint32_t>(captures.size());
  }
  if (request_.method == KIRSCH_METHOD_TRACE || request_.method == KIRSCH_METHOD_CONNECT) {
    route_.instead = 405;  // TRACE would echo credentials; CONNECT is for proxies
    route_.allowed = match.allowed != 0 ? match.allowed : usual_methods;
  } else if (match.redirect_to_slash) {
    route_.instead = 308;
  } else if (view(request_.path) == "*") {
    route_.instead = 204;  // RFC 9110 9.3.7
    route_.allowed = usual_methods;
  } else if (match.allowed != 0) {
    route_.instead = 405;
    route_.allowed = match.allowed;
  } else if (!match.path) {
    route_.instead = 404;
  }
  return route_.instead == 0 && !match.conditional && request_.params == nullptr;
}

void Exchange::route_rejected(const Generation& generation) {
  const Site* site = request_.host.size == 0 ? nullptr : generation.find(writer_->listener(), view(request_.host));
  enter(*(site != nullptr ? *site : generation.fallback(writer_->listener())).root, generation);
}

void Exchange::enter(const Plan& plan, const Generation& generation) {
  route_ = {.plan = &plan, .listener = &generation.listeners[writer_->listener()].listener};
  forget_calls();
}

void Exchange::forget_calls() {
  const std::size_t count = route_.plan->handler().tool + std::size_t{1};
  if (count <= few_called_.size()) {
    few_called_ = {};
    called_ = few_called_.data();
  } else {
    called_ = arena_.array<bool>(count);
    std::fill_n(called_, count, false);
  }
}

bool Exchange::wants_body() const {
  return has_body_ && route_.plan->handler().function != nullptr && route_.instead == 0;
}

void Exchange::on_body(std::string_view decoded) {
  if (course_.stage() != Stage::body) return;
  if (route_.plan->on_body() != nullptr) return take_body(decoded);
  body_in_.append(decoded);
  spool();
}

// To a handler that wants it as it arrives. It may suspend, then the client is not read from.
void Exchange::take_body(std::string_view decoded) {
  may_suspend_ = true;
  suspending_ = false;
  called_[route_.plan->handler().tool] = true;
  const auto flow = route_.plan->on_body()(route_.plan->handler().self, this, text(decoded));
  may_suspend_ = false;
  if (flow == KIRSCH_FLOW_SUSPEND && suspending_) {
    where_ = Where::suspended;
    writer_->pause_body();
    return;
  }
  const auto settled = without_suspend(flow);
  drop_continuation();
  settle_body(settled);
}

void Exchange::settle_body(std::uint32_t flow) {
  if (flow == KIRSCH_FLOW_FAIL || flow == KIRSCH_FLOW_ANSWER) {
    writer_->pause_body();
    const Step& handler = route_.plan->handler();
    course_.fail_body(flow == KIRSCH_FLOW_FAIL ? note_failure(handler.label->name) : Outcome::answer);
    where_ = Where::running;
    return run(Place::loop);
  }
  where_ = Where::waiting;
  writer_->resume_body();
}

void Exchange::on_body_end() {
  if (course_.stage() != Stage::body) return;
  body_in_.end();
  if (!body_in_.complete()) return spool();
  finish_body();
}

void Exchange::spool() {
  if (body_in_.wants_write() && !dispatcher_.spool(body_in_, handle())) return refuse_body(503, "the server is busy");
  if (body_in_.crowded()) writer_->pause_body();
}

void Exchange::on_spooled(int error) {
  if (course_.stage() != Stage::body || where_ != Where::waiting) return;
  body_in_.end_write();
  if (error != 0) {
    dispatcher_.log().write(base::Level::error, "request " + id() + ": its body cannot be spooled: " +
                                                    std::generic_category().message(error));
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return refuse_body(full ? 507 : 500, full ? "no room for the body" : "");
  }
  if (body_in_.complete()) return finish_body();
  spool();
  if (course_.stage() == Stage::body && !body_in_.crowded()) writer_->resume_body();
}

void Exchange::finish_body() {
  const auto view = body_in_.view();
  if (!view) return refuse_body(503, "no memory for the body");
  request_.body = text(*view);
  course_.advance();
  where_ = Where::running;
  run(Place::loop);
}

void Exchange::refuse_body(std::uint16_t status, std::string_view reason) {
  writer_->pause_body();
  page_ = {status, reason};
  if (status == 503 || status == 507) fields_.set("Retry-After", "1");
  course_.fail_body(Outcome::unexpected);
  where_ = Where::running;
  run(Place::loop);
}

void Exchange::on_body_fault(const http::Fault& fault) {
  if (course_.stage() != Stage::body) return;
  page_ = fault;
  course_.fail_body(Outcome::unexpected);
  where_ = Where::running;
  run(Place::loop);
}

std::span<const kirsch_pair> Exchange::query() {
  auto& known = parsed().query;
  if (!known) known = parse_form(view(request_.query), arena_);
  return *known;
}

std::string_view Exchange::joined(http::FieldName name, char separator) {
  std::optional<std::string_view> one;
  std::string several;
  for (const auto& field : request_fields()) {
    if (field.id != static_cast<std::uint16_t>(name)) continue;
    if (one) {
      if (several.empty()) several = *one;
      several.append(1, separator).append(http::value(field));
    } else {
      one = http::value(field);
    }
  }
  return several.empty() ? one.value_or(std::string_view()) : arena_.copy(several);
}

std::span<const kirsch_pair> Exchange::cookies() {
  auto& known = parsed().cookies;
  if (!known) known = parse_cookies(joined(http::FieldName::cookie, ';'), arena_);
  return *known;
}

std::string_view Exchange::content_type() const {
  const auto* type = http::find_field(request_fields(), http::FieldName::content_type);
  return type == nullptr ? std::string_view() : http::value(*type);
}

std::span<const kirsch_pair> Exchange::form() {
  auto& known = parsed().form;
  if (known) return *known;
  if (course_.stage() <= Stage::body) return {};  // not read yet
  const auto type = content_type();
  const std::string_view body(request_.body.data, request_.body.size);
  if (http::equal_ignoring_case(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded")) {
    known = parse_form(body, arena_);
  } else {
    known = fields_of(multipart(), arena_);
  }
  return *known;
}

const Multipart& Exchange::multipart() {
  static constexpr Multipart unread{.status = 415, .parts = {}};
  if (course_.stage() <= Stage::body) return unread;
  auto& known = parsed().multipart;
  if (!known) {
    known = parse_multipart(content_type(), {request_.body.data, request_.body.size}, arena_,
                            [this](std::string_view stretch) { body_in_.give_back(stretch); });
  }
  return *known;
}

// It goes into logs and pages as it is.
bool Exchange::set_id(std::string_view id) {
  if (id.empty() || id.size() > 128 || !id_.empty()) return false;
  const char* const end = id.data() + id.size();
  if (http::end_of_class<http::character::request_id>(id.data(), end) != end) return false;
  id_ = arena_.copy(id);
  return true;
}

std::string exchange_id(std::uint32_t loop, std::uint64_t serial) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, serial, 16).ptr;
  return std::to_string(loop) + '-' + std::string(digits, end);
}

std::string Exchange::id() const { return id_.empty() ? exchange_id(dispatcher_.lane(), serial_) : std::string(id_); }

}  // namespace kirsch::pipeline
