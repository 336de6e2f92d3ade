// The old server goes on serving on its loops while its main thread waits here.
#include "server/successor.h"

#include <csignal>
#include <cstdlib>

#include "base/diagnostic.h"
#include "server/spawn.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;
using base::ExitCode;

constexpr auto turn = 100ms;
constexpr auto patience_for_the_end = 5s;

base::Refusal refusal(const std::string& why, ExitCode code, std::string reported = {}) {
  return base::Refusal(base::Diagnostic{.code = "P004",
                                        .message = "the new process " + why + "; this one goes on serving",
                                        .reported = std::move(reported),
                                        .exit_code = code});
}

// What stopped it is its own text, behind the code of its exit.
base::Refusal refusal(const net::Message& failed) {
  const auto end = failed.body.find('\n');
  const auto text = end == std::string::npos ? std::string() : failed.body.substr(end + 1);
  return refusal("cannot serve", ExitCode::reload_rejected, text.substr(0, text.find_last_not_of('\n') + 1));
}

}  // namespace

pid_t start_successor(const Program& program, const Bequest& bequest, std::chrono::milliseconds patience,
                      const std::function<bool()>& given_up) {
  auto child = spawn_server(program);
  const auto ended = [&](base::Refusal why) {
    ::kill(child.pid, SIGKILL);
    await_end(child);
    return why;
  };
  bequeath(child.channel, Inheritance::From::predecessor, bequest.listeners, bequest.control, bequest.secrets);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!child.channel.ended()) {
    if (given_up()) throw ended(refusal("is not wanted any more", ExitCode::not_running));
    if (std::chrono::steady_clock::now() > deadline)
      throw ended(refusal("was not ready within " + std::to_string(patience.count()) + " ms", ExitCode::timed_out));
    const auto message = child.channel.receive(turn);
    if (message && message->type == "ready") return child.pid;
    if (message && message->type == "failed") {
      // By itself if it can: it may have files to leave in order.
      if (!ends_within(child, patience_for_the_end)) ::kill(child.pid, SIGKILL);
      await_end(child);
      throw refusal(*message);
    }
  }
  throw refusal(await_end(child).text(), ExitCode::reload_rejected);
}

}  // namespace kirsch::server
