// Many clients on one thread: asks as a plan says, checks every answer, measures how long each took.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "load/answer_reader.h"
#include "load/histogram.h"
#include "load/wires.h"

namespace kirsch::load {

struct Plan {
  std::size_t connections = 64;
  double seconds = 1;
  double rate = 0;            // requests per second of all connections together; 0: each asks as soon as it may
  std::size_t depth = 1;      // requests that a connection may have under way
  std::uint64_t answers = 0;  // how many to ask for in all, instead of a time; 0: by time
  bool fresh = false;         // a connection for each request
  // Connections that ask once, before all else, and then stay; with `upgrade` they ask no more than that, and hear what
  // the others cause.
  std::size_t idle = 0;
  std::string request;  // its bytes, head and body
  std::string upgrade;  // what a connection asks first, to become a WebSocket; empty: it does not
  unsigned status = 200;
  std::optional<std::uint64_t> size;  // of each answer's body; nullopt: as in the first one
};

struct Result {
  std::uint64_t answers = 0;  // the good ones
  std::uint64_t bytes = 0;    // of these, heads included
  std::uint64_t body_bytes = 0;
  double seconds = 0;  // from the first request to the last answer
  std::uint64_t reconnects = 0;
  std::map<std::string, std::uint64_t> errors;
  Histogram latency;  // from the time at which a request was to be sent to the last byte of its answer
  Histogram heard;    // by idle connections: from the time at which the newest request was to be sent
};

class Load final : public WireUser {
 public:
  // Number of wires that a plan needs.
  static std::size_t wires(const Plan& plan) { return plan.connections + plan.idle; }
  // `wires` tell `this` what happens, and outlive it.
  Load(const Plan& plan, Wires& wires);

  // Opens what has to be open before the first request. Throws std::runtime_error if the server does not take that
  // many.
  void prepare();
  // prepare() was called. Ends early after more than a thousand errors if most answers are none. Connections stay open
  // as long as the wires.
  void run();
  Result& result() { return result_; }

  void opened(std::size_t wire) override;
  void received(std::size_t wire, std::string_view bytes) override;
  void ended(std::size_t wire, int error) override;

 private:
  enum class Phase : std::uint8_t { preparing, running, draining, over };
  struct Client {
    AnswerReader reader;
    std::deque<Clock::time_point> asked;  // when each request under way was to be sent
    std::uint64_t sent = 0;               // of those that a rate demands
    std::uint64_t due = 0;
    bool open = false;
    bool leaving = false;  // all was answered; the server closes
  };

  bool is_idle(std::size_t wire) const { return wire >= plan_.connections; }
  bool may_ask() const { return phase_ == Phase::running && (plan_.answers == 0 || asked_ < plan_.answers); }
  void open(std::size_t wire);
  void open_again(std::size_t wire);
  void next(std::size_t wire);
  void ask_what_is_due();
  Clock::time_point intended(std::size_t wire, std::uint64_t number) const;
  void answered(std::size_t wire, const Answer& answer, Clock::time_point now);
  void check(const Answer& answer, Clock::time_point since, Clock::time_point now);
  void hear(const Answer& answer, Clock::time_point now);
  void lose(std::size_t wire, const std::string& why);
  void drain();
  bool hopeless() const;

  const Plan plan_;
  Wires& wires_;
  Phase phase_ = Phase::preparing;
  std::vector<Client> clients_;
  std::string requests_;  // as many as may be under way
  std::size_t opening_ = 0;
  std::size_t ready_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t faults_ = 0;
  std::optional<std::uint64_t> size_;
  Clock::time_point start_, end_, last_, newest_;
  Result result_;
};

}  // namespace kirsch::load
