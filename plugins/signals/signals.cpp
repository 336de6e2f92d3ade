// Turns signals into requests to the engine: an orderly end, the end of the drain, a restart, a reload.
#include <fcntl.h>
#include <kirsch/module.h>
#include <unistd.h>

#include "signal_names.h"
#include "signal_waiter.h"

namespace {

enum class Action : std::uint8_t { exit, restart, graceful, reopen_logs, ignore };
constexpr auto kirsch_names(Action) {
  return std::array<std::string_view, 5>{"exit", "restart", "graceful", "reopen_logs", "ignore"};
}

// What SIGHUP means; the same words behind `auto`.
enum class HangUp : std::uint8_t { automatic, exit, restart, graceful, reopen_logs, ignore };
constexpr auto kirsch_names(HangUp) {
  return std::array<std::string_view, 6>{"auto", "exit", "restart", "graceful", "reopen_logs", "ignore"};
}

bool on_a_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

struct Signals {
  Action terminate{}, interrupt{}, quit{}, user_one{}, user_two{};
  HangUp hang_up{};
  std::map<std::string, Action> others;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Signals::terminate>("SIGTERM", "exit", "what systemd and kill send"),
      kirsch::opt<&Signals::interrupt>("SIGINT", "exit", "Ctrl-C"),
      kirsch::opt<&Signals::hang_up>("SIGHUP", "auto", "the terminal was closed; auto: exit on one, else restart"),
      kirsch::opt<&Signals::quit>("SIGQUIT", "exit", "Ctrl-backslash"),
      kirsch::opt<&Signals::user_one>("SIGUSR1", "graceful", "free to use"),
      kirsch::opt<&Signals::user_two>("SIGUSR2", "ignore", "free to use"),
      kirsch::opt<&Signals::others>("others", "{}", "any further signal by its name"));

  void prepare() {
    for (const auto& [name, number] : own) actions_[number] = {};
    for (const auto& [name, action] : others) {
      const auto number = signals::number_of(name);
      if (!number) throw kirsch::OptionError("others", "there is no signal '" + name + "'");
      if (const auto why = signals::reserved(*number); !why.empty())
        throw kirsch::OptionError("others", name + " cannot be taken: " + why);
      if (!actions_.emplace(*number, action).second)
        throw kirsch::OptionError("others", name + " has an option of its own");
    }
    actions_[SIGTERM] = terminate;
    actions_[SIGINT] = interrupt;
    actions_[SIGQUIT] = quit;
    actions_[SIGUSR1] = user_one;
    actions_[SIGUSR2] = user_two;
  }

  // Once the process is what it stays: a daemon has no terminal any more, and what a thread gives up at 77 it gives up
  // for itself alone.
  void start() {
    // Asked for now: when the terminal has hung up it is too late.
    const auto automatic = on_a_terminal() ? HangUp::exit : HangUp::restart;
    const auto chosen = hang_up == HangUp::automatic ? automatic : hang_up;
    actions_[SIGHUP] = static_cast<Action>(static_cast<int>(chosen) - 1);
    std::vector<signals::Signal> taken;
    for (const auto& [name, number] : own) taken.push_back({number, std::string(name)});
    for (const auto& [name, action] : others) taken.push_back({*signals::number_of(name), name});
    waiter_.emplace(std::move(taken),
                    [this](const signals::Signal& signal, const std::string& sender) { take(signal, sender); });
  }

  void exit() noexcept { waiter_.reset(); }

 private:
  static constexpr std::pair<std::string_view, int> own[] = {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},
                                                             {"SIGHUP", SIGHUP},   {"SIGQUIT", SIGQUIT},
                                                             {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}};

  // On the waiter's thread.
  void take(const signals::Signal& signal, const std::string& sender) noexcept {
    const auto action = actions_.at(signal.number);
    const auto reason = signal.name + " " + sender;
    kirsch::Bus::publish(signal.name, sender);
    if (action == Action::ignore) return;
    const auto word = kirsch_names(action)[static_cast<std::size_t>(action)];
    kirsch::log(kirsch::Level::info, reason, ": ", word);
    if (action != Action::exit) return kirsch::Bus::request(word, reason);
    // Who asks a second time does not want to wait for slow clients. (That the server is stopping already does not say
    // that anybody asked: a restart may have replaced it.)
    return std::exchange(exit_asked_, true) ? kirsch::Bus::force(reason) : kirsch::Bus::exit(reason);
  }

  bool exit_asked_ = false;  // the waiter's thread

  std::map<int, Action> actions_;
  std::optional<signals::SignalWaiter> waiter_;
};

}  // namespace

KIRSCH_MODULE(
    "signals", "1.1.0", kirsch::summary("Ends, restarts or reloads the server on signals"), kirsch::early,
    kirsch::requires_feature(KIRSCH_FEATURE_BUS),
    kirsch::plugin<Signals>("signals").priority(kirsch::Channel::start, 78).priority(kirsch::Channel::exit, 78));
