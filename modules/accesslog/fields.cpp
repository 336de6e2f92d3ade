// One function for each field; what the request has as it is wanted is not copied.
#include "fields.h"

#include <kirsch/options.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "client_address.h"
#include "masked_url.h"

namespace accesslog {
namespace {

// A client that has left before its answer, in nginx's words.
constexpr std::uint16_t client_closed_request = 499;

char* put_decimal(char* to, std::uint64_t number) {
  constexpr std::ptrdiff_t most = 20;
  return std::to_chars(to, to + most, number).ptr;
}

char* time(char* to, const Subject& subject, Scratch& scratch) { return put(to, scratch.time.utc(subject.now)); }
char* time_local(char* to, const Subject& subject, Scratch& scratch) {
  return put(to, scratch.time.local(subject.now));
}

char* id(char* to, const Subject& subject, Scratch&) { return put(to, subject.outcome.id.substr(0, longest_word)); }

char* client(char* to, const Subject& subject, Scratch&) { return put_address(to, subject.exchange.request().peer()); }

std::string_view listener(const Subject& subject, Scratch&) { return subject.exchange.route().listener; }
char* scheme(char* to, const Subject& subject, Scratch&) { return put(to, subject.exchange.request().scheme()); }
std::string_view host(const Subject& subject, Scratch&) { return subject.exchange.request().host(); }
std::string_view method(const Subject& subject, Scratch&) { return subject.exchange.request().method_name(); }

std::string_view masked(const Subject& subject, std::string_view url, Scratch& scratch) {
  return url.find('?') == url.npos ? url : masked_url(url, subject.mask, scratch.masked);
}

std::string_view target(const Subject& subject, Scratch& scratch) {
  return masked(subject, subject.exchange.request().target(), scratch);
}

char* protocol(char* to, const Subject& subject, Scratch&) {
  return put(to, subject.exchange.request().version() == 10 ? "HTTP/1.0" : "HTTP/1.1");
}

// The request line.
std::string_view request(const Subject& subject, Scratch& scratch) {
  const auto name = method(subject, scratch);
  const auto url = target(subject, scratch);
  if (url.empty()) return name;
  char* to = scratch.value.room(scratch.value.begin(), name.size() + url.size() + longest_word);
  to = put(to, name);
  *to++ = ' ';
  to = put(to, url);
  *to++ = ' ';
  return scratch.value.until(protocol(to, subject, scratch));
}

char* status(char* to, const Subject& subject, Scratch&) {
  unsigned code = subject.outcome.committed ? subject.exchange.response().status() : client_closed_request;
  for (int at = 3; at-- > 0; code /= 10) to[at] = static_cast<char>('0' + code % 10);
  return to + 3;
}

char* complete(char* to, const Subject& subject, Scratch&) {
  return put(to, subject.outcome.complete ? "true" : "false");
}

char* bytes(char* to, const Subject& subject, Scratch&) { return put_decimal(to, subject.outcome.body_sent); }

char* clf_bytes(char* to, const Subject& subject, Scratch& scratch) {
  return subject.outcome.body_sent == 0 ? put(to, "-") : bytes(to, subject, scratch);
}

char* seconds_taken(char* to, const Subject& subject, Scratch&) {
  constexpr std::uint64_t second = 1'000'000;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(subject.outcome.duration).count();
  auto rest = static_cast<std::uint64_t>(duration) % second;
  to = put_decimal(to, static_cast<std::uint64_t>(duration) / second);
  *to++ = '.';
  for (int at = 6; at-- > 0; rest /= 10) to[at] = static_cast<char>('0' + rest % 10);
  return to + 6;
}

// Of the first line of that name: most requests have few, so to look is less than to ask the server.
std::string_view header(const Subject& subject, std::string_view name) {
  for (const auto& field : subject.exchange.request().headers()) {
    if (field.name_size == name.size() && kirsch::same_field(kirsch::name(field), name)) return kirsch::value(field);
  }
  return {};
}

std::string_view referer(const Subject& subject, Scratch& scratch) {
  return masked(subject, header(subject, "Referer"), scratch);
}

std::string_view user_agent(const Subject& subject, Scratch&) { return header(subject, "User-Agent"); }

std::string_view route(const Subject& subject, Scratch&) { return subject.exchange.route().path; }
std::string_view handler(const Subject& subject, Scratch&) { return subject.exchange.route().handler; }

std::string_view tools(const Subject& subject, Scratch& scratch) {
  char* to = scratch.value.begin();
  for (const auto& tool : subject.exchange.route().tools) {
    const auto name = kirsch::view(tool);
    to = scratch.value.room(to, name.size() + 1);
    if (!scratch.value.until(to).empty()) *to++ = '+';
    to = put(to, name);
  }
  return scratch.value.until(to);
}

constexpr std::array<Field, 21> all{{{"bytes", Kind::number, bytes},
                                     {"clf_bytes", Kind::word, clf_bytes},
                                     {"client", Kind::word, client},
                                     {"complete", Kind::number, complete},
                                     {"handler", Kind::text, nullptr, handler},
                                     {"host", Kind::text, nullptr, host},
                                     {"id", Kind::word, id},
                                     {"listener", Kind::text, nullptr, listener},
                                     {"method", Kind::text, nullptr, method},
                                     {"protocol", Kind::word, protocol},
                                     {"referer", Kind::text, nullptr, referer},
                                     {"request", Kind::text, nullptr, request},
                                     {"route", Kind::text, nullptr, route},
                                     {"scheme", Kind::word, scheme},
                                     {"seconds", Kind::number, seconds_taken},
                                     {"status", Kind::number, status},
                                     {"target", Kind::text, nullptr, target},
                                     {"time", Kind::word, time},
                                     {"time_local", Kind::word, time_local},
                                     {"tools", Kind::text, nullptr, tools},
                                     {"user_agent", Kind::text, nullptr, user_agent}}};

}  // namespace

std::span<const Field> fields() { return all; }

const Field* find_field(std::string_view name) {
  const auto* const found = std::find_if(all.begin(), all.end(), [name](const Field& one) { return one.name == name; });
  return found == all.end() ? nullptr : found;
}

}  // namespace accesslog
