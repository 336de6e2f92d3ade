// One function for each field; what the request has as it is wanted is not copied.
#include "fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "client_address.h"
#include "masked_url.h"

namespace accesslog {
namespace {

// A client that has left before its answer, in nginx's words.
constexpr std::uint16_t client_closed_request = 499;

std::string_view decimal(std::uint64_t number, Scratch& scratch) {
  auto& text = scratch.digits;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

std::string_view time(const Subject& subject, Scratch& scratch) {
  scratch.value.clear();
  scratch.time.append_utc(scratch.value, subject.now);
  return scratch.value;
}

std::string_view time_local(const Subject& subject, Scratch& scratch) { return scratch.time.local(subject.now); }

std::string_view id(const Subject& subject, Scratch&) { return subject.outcome.id; }

std::string_view client(const Subject& subject, Scratch& scratch) {
  scratch.value.clear();
  append_address(scratch.value, subject.exchange.request().peer());
  return scratch.value;
}

std::string_view listener(const Subject& subject, Scratch&) { return subject.exchange.route().listener; }
std::string_view scheme(const Subject& subject, Scratch&) { return subject.exchange.request().scheme(); }
std::string_view host(const Subject& subject, Scratch&) { return subject.exchange.request().host(); }
std::string_view method(const Subject& subject, Scratch&) { return subject.exchange.request().method_name(); }

std::string_view masked(const Subject& subject, std::string_view url, Scratch& scratch) {
  return masked_url(url, subject.mask, scratch.masked);
}

std::string_view target(const Subject& subject, Scratch& scratch) {
  return masked(subject, subject.exchange.request().target(), scratch);
}

std::string_view protocol(const Subject& subject, Scratch&) {
  return subject.exchange.request().version() == 10 ? "HTTP/1.0" : "HTTP/1.1";
}

// The request line.
std::string_view request(const Subject& subject, Scratch& scratch) {
  scratch.value.assign(method(subject, scratch));
  if (const auto url = target(subject, scratch); !url.empty()) {
    scratch.value.append(" ").append(url).append(" ").append(protocol(subject, scratch));
  }
  return scratch.value;
}

std::string_view status(const Subject& subject, Scratch& scratch) {
  return decimal(subject.outcome.committed ? subject.exchange.response().status() : client_closed_request, scratch);
}

std::string_view complete(const Subject& subject, Scratch&) { return subject.outcome.complete ? "true" : "false"; }
std::string_view bytes(const Subject& subject, Scratch& scratch) { return decimal(subject.outcome.body_sent, scratch); }

std::string_view clf_bytes(const Subject& subject, Scratch& scratch) {
  return subject.outcome.body_sent == 0 ? "-" : bytes(subject, scratch);
}

std::string_view seconds_taken(const Subject& subject, Scratch& scratch) {
  constexpr std::size_t decimals = 6;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(subject.outcome.duration).count();
  auto& text = scratch.value.assign(decimal(static_cast<std::uint64_t>(duration), scratch));
  if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
  text.insert(text.size() - decimals, 1, '.');
  return text;
}

std::string_view referer(const Subject& subject, Scratch& scratch) {
  return masked(subject, subject.exchange.request().headers().get("Referer"), scratch);
}

std::string_view user_agent(const Subject& subject, Scratch&) {
  return subject.exchange.request().headers().get("User-Agent");
}

std::string_view route(const Subject& subject, Scratch&) { return subject.exchange.route().path; }
std::string_view handler(const Subject& subject, Scratch&) { return subject.exchange.route().handler; }

std::string_view tools(const Subject& subject, Scratch& scratch) {
  scratch.value.clear();
  for (const auto& tool : subject.exchange.route().tools) {
    if (!scratch.value.empty()) scratch.value += '+';
    scratch.value += kirsch::view(tool);
  }
  return scratch.value;
}

constexpr std::array<Field, 21> all{{{"bytes", Kind::number, bytes},
                                     {"clf_bytes", Kind::word, clf_bytes},
                                     {"client", Kind::word, client},
                                     {"complete", Kind::number, complete},
                                     {"handler", Kind::text, handler},
                                     {"host", Kind::text, host},
                                     {"id", Kind::word, id},
                                     {"listener", Kind::text, listener},
                                     {"method", Kind::text, method},
                                     {"protocol", Kind::word, protocol},
                                     {"referer", Kind::text, referer},
                                     {"request", Kind::text, request},
                                     {"route", Kind::text, route},
                                     {"scheme", Kind::word, scheme},
                                     {"seconds", Kind::number, seconds_taken},
                                     {"status", Kind::number, status},
                                     {"target", Kind::text, target},
                                     {"time", Kind::word, time},
                                     {"time_local", Kind::word, time_local},
                                     {"tools", Kind::text, tools},
                                     {"user_agent", Kind::text, user_agent}}};

}  // namespace

std::span<const Field> fields() { return all; }

const Field* find_field(std::string_view name) {
  const auto* const found = std::find_if(all.begin(), all.end(), [name](const Field& one) { return one.name == name; });
  return found == all.end() ? nullptr : found;
}

}  // namespace accesslog
