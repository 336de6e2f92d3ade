// Clients as no author thinks of them, one after the other and many at one time.
#include <algorithm>
#include <vector>

#include "trial/checks.h"
#include "trial/trial_server.h"

namespace kirsch::trial {
namespace {

using Milliseconds = std::chrono::milliseconds;

struct Attempt {
  std::string name;
  std::string bytes;
  bool leaves = false;  // the client does not wait for an answer
};

std::string request(const std::string& line, const std::string& fields = {}, const std::string& body = {}) {
  return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
}

void add_methods(std::vector<Attempt>& attempts) {
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"})
    attempts.push_back({"method " + method, request(method + " /")});
}

void add_targets(std::vector<Attempt>& attempts) {
  const std::string targets[] = {
      "/" + std::string(7000, 'a'), "/?" + std::string(7000, 'q'), "/%00",           "/%ff%fe",
      "/?a=%00&&=&b=%zz&%c3%28",    "/..%2f..%2fetc/passwd",       "/a//b/../c;d=e", "/?" + std::string(2000, '&')};
  for (const auto& target : targets) attempts.push_back({"target " + target.substr(0, 24), request("GET " + target)});
}

void add_fields(std::vector<Attempt>& attempts) {
  const std::string fields[] = {"Cookie: =; ;;a=\"; b; c=" + std::string(3000, 'c'),
                                "Accept: */*;q=9, text/html;q=, ,;",
                                "Accept-Encoding: gzip;q=0, *;q=x, identity",
                                "Accept-Language: " + std::string(3000, '*'),
                                "Range: bytes=5-1,-,99999999999999999999-",
                                "If-None-Match: \"\", W/, *",
                                "If-Modified-Since: yesterday",
                                "Authorization: Basic ====",
                                "Origin: null",
                                "X-Request-Id: " + std::string(1000, '/'),
                                "X-Forwarded-For: ::1, not an address,",
                                "Content-Type: \xff\xfe; boundary="};
  for (const auto& field : fields)
    attempts.push_back({"field " + field.substr(0, 24), request("GET /", field + "\r\n")});
}

void add_bodies(std::vector<Attempt>& attempts) {
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n",
                    parts = "Content-Type: multipart/form-data; boundary=b\r\n",
                    json = "Content-Type: application/json\r\n";
  attempts.push_back({"a form of nonsense", request("POST /", form, "&&=%zz&a&=%00&" + std::string(3000, '='))});
  attempts.push_back(
      {"parts without an end", request("POST /", parts, "--b\r\nContent-Disposition: form-data\r\n\r\nx")});
  attempts.push_back({"parts of nonsense", request("POST /", parts, "--b--b\r\n\r\n--b\r\n:\r\n")});
  attempts.push_back({"half of JSON", request("POST /", json, "{\"a\":[1,\"\\u12")});
  attempts.push_back({"a large body", request("PUT /", {}, std::string(300'000, '\xff'))});
  attempts.push_back({"a body in chunks",
                      "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"});
  attempts.push_back({"a body that is awaited", request("POST /", "Expect: 100-continue\r\n", "late")});
}

void add_faults(std::vector<Attempt>& attempts) {
  attempts.push_back({"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n"});
  attempts.push_back({"no host", "GET / HTTP/1.1\r\n\r\n"});
  attempts.push_back({"an unknown host", "GET / HTTP/1.1\r\nHost: unknown.invalid\r\nConnection: close\r\n\r\n"});
  attempts.push_back({"no request", "\x16\x03\x01\x02\r\n\r\n"});
  attempts.push_back(
      {"broken chunks", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"});
  const std::string upgrade =
      "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\n" + upgrade;
  using namespace std::string_literals;
  attempts.push_back({"a WebSocket that says hello and bye", head + "\x81\x85\0\0\0\0hello\x88\x82\0\0\0\0\x03\xe8"s});
  attempts.push_back({"a WebSocket of nonsense", head + "\xff\xff\xff\xff\xff"});
  attempts.push_back({"a WebSocket that leaves", head + "\x81\x85\0\0\0\0hel"s, true});
  attempts.push_back({"a client that leaves after its head", request("GET /"), true});
  attempts.push_back({"a client that leaves in its head", "GET / HTTP/1.1\r\nHost: loc", true});
  attempts.push_back({"a client that leaves in its body",
                      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc", true});
}

std::vector<Attempt> all_attempts() {
  std::vector<Attempt> attempts;
  add_methods(attempts);
  add_targets(attempts);
  add_fields(attempts);
  add_bodies(attempts);
  add_faults(attempts);
  return attempts;
}

struct Tally {
  std::size_t answered = 0, failures = 0, waiting = 0, unexpected = 0;
  std::string first_unexpected;

  void count(const Attempt& attempt, const std::string& answer) {
    const bool status = answer.starts_with("HTTP/1.1 ");
    ++(status ? answered : answer.empty() ? waiting : unexpected);
    if (status && answer.compare(9, 3, "500") == 0) ++failures;
    if (!status && !answer.empty() && first_unexpected.empty()) first_unexpected = attempt.name;
  }
  // Who holds its answer back once will do so again.
  Milliseconds patience() const { return waiting < 3 ? Milliseconds(500) : Milliseconds(50); }
  std::string text() const {
    std::string said = std::to_string(answered) + " answers";
    if (failures > 0) said += ", " + std::to_string(failures) + " of them 500";
    if (waiting > 0) said += ", " + std::to_string(waiting) + " requests without one";
    return said;
  }
};

constexpr std::size_t clients = 8, requests = 25;

std::string burst() {
  std::string bytes;
  for (std::size_t number = 1; number < requests; ++number)
    bytes += "GET /?n=" + std::to_string(number) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return bytes + request("GET /");
}

Outcome died(const TrialServer& server, const std::string& of) {
  return failed("at " + of + " the server " + server.fault() +
                "; mend that step: it must bear any request, and no exception may leave it");
}

Outcome concluded(TrialServer& server, const std::string& seen) {
  const auto fault = server.end();
  if (fault.empty()) return ok(seen);
  return failed("the server " + fault);
}

}  // namespace

Outcome check_requests(const Subject& subject, std::size_t index, Progress& progress) {
  const auto use = use_of(subject, index);
  if (!use.yaml) return skipped(use.why);
  progress.doing("the start of a server");
  TrialServer server(subject, *use.yaml);
  if (auto outcome = server.not_serving()) return std::move(*outcome);
  Tally tally;
  for (const auto& attempt : all_attempts()) {
    progress.doing(attempt.name);
    if (attempt.leaves) {
      if (const auto client = server.connect()) client->send(attempt.bytes, Milliseconds(1000));
    } else {
      tally.count(attempt, server.ask(attempt.bytes, tally.patience()));
    }
    if (!server.lives()) return died(server, attempt.name);
  }
  if (tally.unexpected > 0) return failed("what came at a request is no HTTP: " + tally.first_unexpected);
  return concluded(server, tally.text());
}

Outcome check_concurrency(const Subject& subject, std::size_t index, Progress& progress) {
  const auto use = use_of(subject, index);
  if (!use.yaml) return skipped(use.why);
  progress.doing("the start of a server");
  TrialServer server(subject, *use.yaml);
  if (auto outcome = server.not_serving()) return std::move(*outcome);
  progress.doing(std::to_string(clients) + " clients at one time");
  std::vector<net::LocalClient> connected;
  for (std::size_t number = 0; number < clients; ++number)
    if (auto client = server.connect()) connected.push_back(std::move(*client));
  const std::string bytes = burst();
  for (const auto& client : connected) client.send(bytes, Milliseconds(1000));
  std::size_t answers = 0;
  for (const auto& client : connected) {
    const auto received = client.receive(Milliseconds(2000));
    for (auto at = received.find("HTTP/1.1 "); at != std::string::npos; at = received.find("HTTP/1.1 ", at + 1))
      ++answers;
  }
  if (!server.lives()) return died(server, std::to_string(clients) + " clients at one time");
  return concluded(server, std::to_string(answers) + " answers to " + std::to_string(clients) + " clients");
}

}  // namespace kirsch::trial
