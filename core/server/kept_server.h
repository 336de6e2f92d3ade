// One server process as its keeper sees it: what it was told, what it says, how it ended.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "server/inheritance.h"
#include "server/loops.h"
#include "server/spawn.h"

namespace kirsch::server {

class KeptServer {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { starting, serving, retiring, ended };

  struct Failure {
    base::ExitCode code;
    std::string text;
  };

  // What a server asks of its keeper, or tells it beside its own state.
  struct News {
    std::function<void()> ending;  // it was told to end by somebody else than the keeper
    std::function<void()> reopened_logs;
    std::function<void(const std::string& reason)> restart;
    std::function<void(const std::string& reason)> reload;
    std::function<void(pid_t, std::uint64_t number, base::ExitCode, const std::string& text)> result;
    std::function<base::UniqueFd(const std::string& path)> open_log;   // for appending
    std::function<base::UniqueFd(const std::string& path)> open_file;  // for reading
  };

  // Starts it. `news` must outlive it. Throws base::Refusal.
  KeptServer(const Program& program, const Handover& handover, const std::vector<BoundListener>& listeners,
             const TlsSecrets& secrets, const News& news);

  void watch(std::vector<pollfd>& entries) const;
  // Takes what it said and whether it ended.
  void look();

  void send(std::string_view order, std::string_view body = {}) { child_.channel.send(order, body); }
  // It answers with `result` whether it could serve that, with these listeners beside those it has.
  void prepare(std::uint64_t number, const Handover& handover, const std::vector<BoundListener>& listeners,
               const TlsSecrets& secrets);
  void retire(std::string_view reason);
  void ask_end(std::string_view order, std::string_view reason);  // "exit" or "force"
  // Until then it serves, or has ended, or it is killed by whoever looks; none: for ever.
  void set_deadline(std::optional<Clock::time_point> deadline) { deadline_ = deadline; }
  const std::optional<Clock::time_point>& deadline() const { return deadline_; }
  void signal(int number) noexcept;
  void kill() noexcept;

  pid_t pid() const { return child_.pid; }
  State state() const { return state_; }
  bool accepting() const { return accepting_ && state_ != State::ended; }
  std::string_view state_name() const;
  Clock::time_point started() const { return started_; }
  bool has_served() const { return !served_.empty(); }
  const std::string& served() const { return served_; }               // once it serves
  const std::optional<Failure>& failure() const { return failure_; }  // why it could not start, in its own words
  const ChildEnd& end() const { return end_; }                        // once it has ended
  void forget_load() { load_.reset(); }
  const std::optional<Loops::Load>& load() const { return load_; }  // what it said last since
  const std::string& details() const { return details_; }           // the same

 private:
  void hear(const net::Message& message);
  void hand(const base::UniqueFd& file, const std::string& path);

  ServerChild child_;
  const News& news_;
  const Clock::time_point started_ = Clock::now();
  std::optional<Clock::time_point> deadline_;
  State state_ = State::starting;
  bool accepting_ = true;
  bool ending_ = false;  // was asked to
  std::string served_;
  std::optional<Failure> failure_;
  std::optional<Loops::Load> load_;
  std::string details_;
  ChildEnd end_;
};

}  // namespace kirsch::server
