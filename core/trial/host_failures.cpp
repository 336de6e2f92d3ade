// A server that serves the module while one function of its host after the other fails.
#include <array>
#include <string>

#include "loader/refusal.h"
#include "trial/checks.h"
#include "trial/failing_host.h"
#include "trial/trial_server.h"

namespace kirsch::trial {
namespace {

using Milliseconds = std::chrono::milliseconds;
using namespace std::string_literals;

// One of each kind, after each of which the server ends the connection.
const std::array<std::string, 5> questions{
    "GET /?name=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
    "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    "PUT / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" +
        std::string(300'000, 'x'),
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    "\x81\x85\0\0\0\0hello\x88\x82\0\0\0\0\x03\xe8"s};

constexpr Milliseconds enough{5000};          // on a busy machine, too
constexpr Milliseconds first_patience{2000};  // whoever answers nothing costs it for each question, once
constexpr const char* remedy =
    "; look at what each function of the host returns: refuse, answer with an error, or go without";

// Only where there is no loop any more, and so no exchange on it that waits.
bool ends_exchanges(HostCall call) { return call == HostCall::start_timer || call == HostCall::post; }

class HostFailures {
 public:
  HostFailures(const Subject& subject, const std::string& yaml, Progress& progress)
      : subject_(subject), yaml_(yaml), progress_(progress), host_(subject.manifest()) {}

  Outcome outcome() {
    if (auto fault = fail_while_serving()) return std::move(*fault);
    for (const auto call : whole_life_)
      if (auto fault = fail_from_the_start(call)) return std::move(*fault);
    if (tried_.empty()) return ok("it calls none that may fail");
    std::string said;
    for (const auto call : tried_) said += (said.empty() ? "" : ", ") + std::string(FailingHost::sentence(call));
    return ok(said);
  }

 private:
  // None: all is well. What is called by the way is noted. What fails by itself is for other checks to say.
  std::optional<Outcome> fail_while_serving() {
    progress_.doing("the start of a server");
    TrialServer server(subject_, yaml_, host_.amendment());
    if (auto outcome = server.not_serving()) return skipped(outcome->reason);
    whole_life_ = host_.take_called();
    for (std::size_t number = 0; number < questions.size(); ++number)
      usual_[number] = !server.ask(questions[number], first_patience).empty();
    if (!server.lives()) return skipped("where none has failed yet, the server " + server.fault());
    for (const auto call : host_.take_called()) {
      host_.fail(call);
      if (auto fault = fault_of(server, call)) return fault;
      host_.fail_none();
    }
    host_.take_called();
    const auto fault = server.end();
    if (!fault.empty()) return failed("after functions of the host have failed, the server " + fault);
    whole_life_.merge(host_.take_called());
    return std::nullopt;
  }

  std::optional<Outcome> fail_from_the_start(HostCall call) {
    host_.fail(call);
    progress_.doing("the start of a server where "s + FailingHost::sentence(call));
    TrialServer server(subject_, yaml_, host_.amendment());
    if (auto outcome = server.not_serving()) {
      tried_.insert(call);
      if (outcome->verdict == Verdict::failed) return failed(where(call) + outcome->reason + remedy);
      if (server.refusal().find(loader::escape) != std::string::npos) return failed(where(call) + server.refusal());
      return std::nullopt;  // it refuses
    }
    if (auto fault = fault_of(server, call)) return fault;
    const auto fault = server.end();
    return fault.empty() ? std::nullopt : std::optional(failed(where(call) + "the server " + fault));
  }

  std::optional<Outcome> fault_of(TrialServer& server, HostCall call) {
    progress_.doing("requests where "s + FailingHost::sentence(call));
    tried_.insert(call);
    for (std::size_t number = 0; number < questions.size(); ++number) {
      const auto& question = questions[number];
      const bool must = usual_[number] && !ends_exchanges(call);
      const bool answered = !server.ask(question, must ? enough : Milliseconds(50)).empty();
      if (!server.lives()) return failed(where(call) + "the server " + server.fault() + remedy);
      if (must && !answered)
        return failed(where(call) + "this gets no answer any more: " + question.substr(0, question.find('\r')) +
                      "; what was suspended must be resumed all the same");
    }
    return std::nullopt;
  }

  static std::string where(HostCall call) { return "where "s + FailingHost::sentence(call) + ", "; }

  const Subject& subject_;
  const std::string& yaml_;
  Progress& progress_;
  FailingHost host_;
  std::set<HostCall> whole_life_;  // called before the first request, or after the last
  std::set<HostCall> tried_;
  std::array<bool, questions.size()> usual_{};  // is answered where nothing fails
};

}  // namespace

Outcome check_host_failures(const Subject& subject, std::size_t index, Progress& progress) {
  const auto use = use_of(subject, index);
  if (!use.yaml) return skipped(use.why);
  return HostFailures(subject, *use.yaml, progress).outcome();
}

}  // namespace kirsch::trial
