// One request over the control socket each; a server that is ending answers by its end.
#include "command/running.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "base/diagnostic.h"
#include "command/status_report.h"
#include "command/terminal.h"
#include "config/configuration.h"
#include "net/control_socket.h"
#include "server/control_place.h"
#include "server/state_directory.h"

namespace kirsch::command {
namespace {

using namespace std::chrono_literals;
using base::ExitCode;
using Clock = std::chrono::steady_clock;

constexpr auto turn = 200ms;
constexpr std::chrono::seconds silence_to_tell = 5s;
constexpr std::chrono::seconds patience_beyond_drain = 15s;  // a keeper kills after ten what does not end

base::Refusal refusal(std::string message, ExitCode code, std::string help = {}) {
  return base::Refusal(
      base::Diagnostic{.code = "P010", .message = std::move(message), .help = std::move(help), .exit_code = code});
}

std::vector<std::filesystem::path> places(const RunningServer& server, const config::Whereabouts& where) {
  if (!where.control.on)
    throw refusal("the configuration switches the control socket off", ExitCode::configuration,
                  "remove control: off from server");
  return server::control_paths(where.control, server::state_path(where.state), server.configuration);
}

// Where the file is broken, and cannot say where its server is, that may still be where servers are by default.
std::vector<std::filesystem::path> places(const RunningServer& server, std::optional<base::Refusal>& broken) {
  if (!server.control.empty()) return {server.control};
  try {
    return places(server, config::whereabouts(config::Document::from_file(server.configuration)));
  } catch (const base::Refusal& refusal) {
    broken = refusal;
    return places(server, config::Whereabouts{});
  }
}

// The file might have named another place.
base::Refusal with_control_help(const base::Refusal& broken) {
  auto diagnostics = broken.diagnostics();
  auto& help = diagnostics.front().help;
  help += (help.empty() ? "" : "; ") + std::string("--control names the socket of a running server");
  return base::Refusal(std::move(diagnostics));
}

net::ControlConnection connect(const RunningServer& server) {
  std::optional<base::Refusal> broken;
  for (const auto& place : places(server, broken)) {
    if (auto connection = net::connect_control(place)) return *std::move(connection);
  }
  if (broken) throw with_control_help(*broken);
  if (!server.control.empty()) throw refusal("no server answers at " + server.control.string(), ExitCode::not_running);
  throw refusal("no server runs with the configuration " + server.configuration.string(), ExitCode::not_running,
                "--control names the socket of a server whose state directory this command cannot know");
}

// A line that is written over on a terminal, and told once elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (terminal_ && !shown_.empty()) std::cerr << "\r\033[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const std::string& text) {
    if (text == shown_) return;
    shown_ = text;
    std::cerr << (terminal_ ? "\r\033[K" : "") << what_ << text << (terminal_ ? "" : "\n") << std::flush;
  }

 private:
  const std::string what_;
  const bool terminal_;
  std::string shown_;
};

ServerAnswer answer_of(const std::string& body) {
  const auto end = body.find('\n');
  return {static_cast<ExitCode>(std::stoi(body.substr(0, end))),
          end == std::string::npos ? std::string() : body.substr(end + 1)};
}

[[noreturn]] void give_up(const RunningServer& server) {
  throw refusal("the server did not answer within " + std::to_string(server.patience.count()) + " s",
                ExitCode::timed_out);
}

// How long the command waits: as long as it is told; else for work for ever, for the end of a server as long as that
// may take, and for a status as long as it may take beyond the drain.
class Patience {
 public:
  enum class For { work, end, status };
  explicit Patience(const RunningServer& server, For what = For::work)
      : server_(server),
        told_(server.patience.count() != 0),
        what_(what),
        deadline_(begun_ + (told_ ? server.patience : patience_beyond_drain)) {}
  // The server drains for so long; beyond that it gets the same time again.
  void hear(std::chrono::seconds left) {
    heard_ = true;
    if (!told_ && left.count() > 0) deadline_ = Clock::now() + left + patience_beyond_drain;
  }
  // The person who waits is to know.
  bool strained() const { return what_ == For::work && Clock::now() - begun_ > silence_to_tell; }
  void check() const {
    if ((!told_ && what_ == For::work) || Clock::now() <= deadline_) return;
    if (told_) give_up(server_);
    const auto within = " within " + std::to_string(patience_beyond_drain.count()) + " s";
    throw refusal(
        heard_ ? "the server has not ended" + within + " after its drain" : "the server has not answered" + within,
        ExitCode::timed_out, "its log of errors may say why; --timeout SECONDS waits for longer");
  }

 private:
  const RunningServer& server_;
  const bool told_;
  const For what_;
  const Clock::time_point begun_ = Clock::now();
  Clock::time_point deadline_;
  bool heard_ = false;
};

// None: the server went away without an answer.
std::optional<ServerAnswer> ask(net::ControlConnection& connection, const std::string& command, Patience& patience,
                                ProgressLine& progress) {
  if (!connection.channel.send(command)) return std::nullopt;
  while (!connection.channel.ended()) {
    patience.check();
    const auto message = connection.channel.receive(turn);
    if (message && message->type == "progress") {
      patience.hear(std::chrono::seconds(std::atoi(message->body.c_str())));
      progress.show(message->body.substr(message->body.find('\n') + 1));
    }
    if (message && message->type == "done") return answer_of(message->body);
    if (patience.strained())
      progress.show("the server has not answered for " + std::to_string(silence_to_tell.count()) + " s");
  }
  return std::nullopt;
}

void await_end(const base::UniqueFd& process, const Patience& patience) {
  pollfd entry{process.get(), POLLIN, 0};
  while (process && ::poll(&entry, 1, static_cast<int>(turn.count())) == 0) patience.check();
}

ServerAnswer ask(const RunningServer& server, const std::string& command, const std::string& doing) {
  auto connection = connect(server);
  ProgressLine progress("");
  if (!doing.empty()) progress.show(doing);
  Patience patience(server);
  auto answer = ask(connection, command, patience, progress);
  if (!answer) throw refusal("the server ended before it answered", ExitCode::not_running);
  return *std::move(answer);
}

// Asks for something that is done or refused, and prints which; where that is a reload, also what is `kept`.
ExitCode demand(const RunningServer& server, const std::string& command, const std::string& doing,
                const std::string& done, const std::string& kept = {}) noexcept {
  return guarded([&] {
    const auto answer = ask(server, command, doing);
    if (answer.code == ExitCode::ok) {
      std::cout << done << '\n' << answer.text;
    } else {
      std::cerr << answer.text << (answer.code == ExitCode::reload_rejected ? kept : "");
    }
    return answer.code;
  });
}

}  // namespace

ServerAnswer ask(const RunningServer& server, const std::string& word) { return ask(server, word, {}); }

ExitCode stop(const RunningServer& server, bool now) noexcept {
  return guarded([&] {
    auto connection = connect(server);
    const base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, connection.server, 0)));
    Patience patience(server, Patience::For::end);
    {
      ProgressLine progress("stopping: ");
      const auto answer = ask(connection, now ? "stop_now" : "stop", patience, progress);
      if (answer) throw refusal(answer->text, answer->code);
      await_end(process, patience);
    }
    std::cout << "stopped\n";
    return ExitCode::ok;
  });
}

ExitCode restart(const RunningServer& server) noexcept {
  return demand(server, "restart", "starting new processes …", "new processes serve");
}

ExitCode reload(const RunningServer& server, bool rehearsal) noexcept {
  return rehearsal ? demand(server, "rehearsal", "rehearsing …", "a reload would succeed")
                   : demand(server, "graceful", "reloading …", "reloaded");
}

ExitCode reload_certificates(const RunningServer& server) noexcept {
  return demand(server, "reload_certificates", "reading certificates …", "new handshakes get what the files hold now",
                "the server keeps the certificates that it has\n");
}

ExitCode status(const RunningServer& server, bool json) noexcept {
  return guarded([&] {
    auto connection = connect(server);
    ProgressLine progress("");
    Patience patience(server, Patience::For::status);
    const auto answer = ask(connection, "status", patience, progress);
    if (!answer) throw refusal("the server ended before it answered", ExitCode::not_running);
    if (answer->code != ExitCode::ok) throw refusal(answer->text, answer->code);
    const auto report = StatusReport::of(answer->text);
    std::cout << (json ? report.json() : report.text());
    return ExitCode::ok;
  });
}

}  // namespace kirsch::command
