// Turns signals into requests to the engine: an orderly end, the end of the drain, a reload.
#include <kirsch/module.h>

#include "signal_waiter.h"

namespace {

enum class Action : std::uint8_t { exit, graceful, ignore };
constexpr auto kirsch_names(Action) { return std::array<std::string_view, 3>{"exit", "graceful", "ignore"}; }

struct Signals {
  Action terminate{}, interrupt{}, hang_up{}, quit{}, user_one{}, user_two{};

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Signals::terminate>("SIGTERM", "exit", "what systemd and kill send"),
                      kirsch::opt<&Signals::interrupt>("SIGINT", "exit", "Ctrl-C"),
                      kirsch::opt<&Signals::hang_up>("SIGHUP", "exit", "the terminal was closed"),
                      kirsch::opt<&Signals::quit>("SIGQUIT", "exit", "Ctrl-backslash"),
                      kirsch::opt<&Signals::user_one>("SIGUSR1", "graceful", "free to use"),
                      kirsch::opt<&Signals::user_two>("SIGUSR2", "ignore", "free to use"));

  // After a possible fork, so that the thread belongs to the process that stays.
  void start() {
    waiter_.emplace(std::vector<signals::Signal>{{SIGTERM, "SIGTERM"},
                                                 {SIGINT, "SIGINT"},
                                                 {SIGHUP, "SIGHUP"},
                                                 {SIGQUIT, "SIGQUIT"},
                                                 {SIGUSR1, "SIGUSR1"},
                                                 {SIGUSR2, "SIGUSR2"}},
                    [this](const signals::Signal& signal, const std::string& sender) { take(signal, sender); });
  }

  void exit() noexcept { waiter_.reset(); }

 private:
  // On the waiter's thread.
  void take(const signals::Signal& signal, const std::string& sender) const noexcept {
    const auto wanted = action(signal.number);
    if (wanted == Action::ignore) return;
    const auto reason = std::string(signal.name) + " " + sender;
    kirsch::log(kirsch::Level::info, reason, ": ", kirsch_names(wanted)[static_cast<std::size_t>(wanted)]);
    if (wanted == Action::graceful) return kirsch::Bus::graceful(reason);
    // Who asks a second time does not want to wait for slow clients.
    return kirsch::Bus::stopping() ? kirsch::Bus::force(reason) : kirsch::Bus::exit(reason);
  }

  Action action(int number) const {
    switch (number) {
      case SIGTERM:
        return terminate;
      case SIGINT:
        return interrupt;
      case SIGHUP:
        return hang_up;
      case SIGQUIT:
        return quit;
      case SIGUSR1:
        return user_one;
      default:
        return user_two;
    }
  }

  std::optional<signals::SignalWaiter> waiter_;
};

}  // namespace

KIRSCH_MODULE(
    "signals", "1.0.0", kirsch::summary("Ends or reloads the server on signals"), kirsch::early,
    kirsch::requires_feature(KIRSCH_FEATURE_BUS),
    kirsch::plugin<Signals>("signals").priority(kirsch::Channel::start, 66).priority(kirsch::Channel::exit, 66));
