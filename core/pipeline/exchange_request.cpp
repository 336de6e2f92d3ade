// What the client asked for: the facts, the route, and the body as it comes in.
#include <algorithm>
#include <charconv>

#include "http/path.h"
#include "pipeline/dispatcher.h"
#include "pipeline/exchange.h"
#include "pipeline/request_pairs.h"

namespace kirsch::pipeline {
namespace {

kirsch_text text(std::string_view view) { return {view.data(), view.size()}; }

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char one, char other) { return (one | 0x20) == (other | 0x20); });
}

}  // namespace

void Exchange::begin(http::ResponseWriter& writer, http::RequestHead& head) {
  writer_ = &writer;
  where_ = Where::running;
  serial_ = dispatcher_.next_serial();
  lane = dispatcher_.lane();
  route_ = {};
  gone_ = committed_ = rejected_ = dropped_ = false;
  production_ = Production::none;
  status_ = 200;
  bare_status_ = failure_status_ = 0;
  failure_text_.clear();
  produced_ = 0;
  query_ = cookies_ = form_ = std::nullopt;
  // A handler may give a body that leaves later, or late hooks may look at the request: the views must not point into
  // the loop's receive buffer. Copying 0.5 KiB costs some 15 ns.
  writer.keep_head(arena_);
  head_ = head;
  fill_request();
}

void Exchange::fill_request() {
  const auto path = http::normalised_path(head_.path, arena_);
  request_ = {.size = sizeof(kirsch_request),
              .method = static_cast<std::uint16_t>(head_.method),
              .version_minor = head_.version_minor,
              .secure = writer_->secure() ? std::uint8_t{1} : std::uint8_t{0},
              .method_name = text(head_.method_name),
              .target = text(head_.target),
              .path = path ? text(*path) : kirsch_text{nullptr, 0},
              .query = text(head_.query),
              .host = text(head_.host),
              .body = {nullptr, 0},
              .fields = head_.fields.data(),
              .params = nullptr,
              .field_count = static_cast<std::uint32_t>(head_.fields.size()),
              .param_count = 0,
              .peer = writer_->peer(),
              .local = writer_->local()};
}

void Exchange::route(const Generation& generation) {
  const Site* site = generation.find(writer_->listener(), head_.host);
  if (site == nullptr) {
    route_ = {.plan = generation.fallback(writer_->listener()).root.get(), .instead = 421};  // RFC 9110 15.5.20
    return;
  }
  const auto match = site->routes.find(request_);
  route_.plan = match.path ? site->plans[*match.path].get() : site->root.get();
  route_.redirect_to_slash = match.redirect_to_slash;
  if (const auto captures = match.captured.captures(); !captures.empty()) {
    auto* const params = arena_.array<kirsch_pair>(captures.size());
    std::ranges::copy(captures, params);
    request_.params = params;
    request_.param_count = static_cast<std::uint32_t>(captures.size());
  }
  if (head_.method == KIRSCH_METHOD_TRACE || head_.method == KIRSCH_METHOD_CONNECT) {
    route_.instead = 405;  // TRACE would echo credentials; CONNECT is for proxies
    route_.allowed = usual_methods;
  } else if (head_.path == "*") {
    route_.instead = 204;  // RFC 9110 9.3.7
    route_.allowed = usual_methods;
  } else if (match.allowed != 0) {
    route_.instead = 405;
    route_.allowed = match.allowed;
  } else if (!match.path) {
    route_.instead = 404;
  }
}

void Exchange::route_rejected(const Generation& generation) {
  const Site* site = head_.host.empty() ? nullptr : generation.find(writer_->listener(), head_.host);
  route_.plan = (site != nullptr ? *site : generation.fallback(writer_->listener())).root.get();
}

bool Exchange::wants_body() const {
  return head_.has_body() && route_.plan->handler().function != nullptr && route_.instead == 0 &&
         !route_.redirect_to_slash;
}

void Exchange::on_body(std::string_view decoded) {
  if (course_.stage() != Stage::body) return;
  if (route_.plan->on_body() == nullptr) {
    body_in_.append(decoded);
    return;
  }
  const Step& handler = route_.plan->handler();
  const auto flow = route_.plan->on_body()(handler.self, this, text(decoded));
  if (flow != KIRSCH_FLOW_FAIL && flow != KIRSCH_FLOW_ANSWER) return;
  writer_->pause_body();
  course_.fail_body(flow == KIRSCH_FLOW_FAIL ? note_failure(*handler.name) : Outcome::answer);
  where_ = Where::running;
  run(Place::loop);
}

void Exchange::on_body_end() {
  if (course_.stage() != Stage::body) return;
  request_.body = text(body_in_);
  course_.advance();
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
  if (!query_) query_ = parse_form(head_.query, arena_);
  return *query_;
}

std::span<const kirsch_pair> Exchange::cookies() {
  if (cookies_) return *cookies_;
  std::string_view joined;
  for (const auto& field : head_.fields) {
    if (field.id != static_cast<std::uint16_t>(http::FieldName::cookie)) continue;
    joined =
        joined.empty() ? http::value(field) : arena_.copy(std::string(joined) + ';' + std::string(http::value(field)));
  }
  cookies_ = parse_cookies(joined, arena_);
  return *cookies_;
}

std::span<const kirsch_pair> Exchange::form() {
  if (form_) return *form_;
  if (course_.stage() <= Stage::body) return {};  // not read yet
  const auto* type = head_.field(http::FieldName::content_type);
  const auto media =
      type == nullptr ? std::string_view() : http::value(*type).substr(0, http::value(*type).find_first_of("; \t"));
  const bool is_form = equal_ignoring_case(media, "application/x-www-form-urlencoded");
  form_ = parse_form(is_form ? std::string_view(request_.body.data, request_.body.size) : std::string_view(), arena_);
  return *form_;
}

std::string Exchange::id() const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, serial_, 16).ptr;
  return std::to_string(dispatcher_.lane()) + '-' + std::string(digits, end);
}

}  // namespace kirsch::pipeline
