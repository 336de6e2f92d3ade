// A request of a rate has a time at which it is to be sent, whatever the server does: if its connection is still busy
// then, the waiting counts. Without that a server that stops for a second would look as if it had missed one request.
#include "load/load.h"

#include <stdexcept>
#include <system_error>

namespace kirsch::load {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;

constexpr std::size_t opening_at_once = 128;
constexpr auto patience = std::chrono::seconds(10);
constexpr auto grace = std::chrono::seconds(5);  // for answers under way at the end
constexpr std::uint64_t tolerable = 1000;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t number = 0; number < times; ++number) all += text;
  return all;
}

}  // namespace

Load::Load(const Plan& plan, Wires& wires)
    : plan_(plan),
      wires_(wires),
      clients_(Load::wires(plan)),
      requests_(repeated(plan.request, plan.depth)),
      size_(plan.size) {}

void Load::prepare() {
  const auto deadline = Clock::now() + patience;
  std::size_t wire = plan_.fresh ? plan_.connections : 0;
  ready_ = wire;
  while (ready_ < clients_.size()) {
    for (; wire < clients_.size() && opening_ < opening_at_once; ++wire) open(wire);
    wires_.turn(deadline);
    if (faults_ != 0) throw std::runtime_error(result_.errors.begin()->first);
    if (Clock::now() > deadline) {
      throw std::runtime_error("only " + std::to_string(ready_) + " of " + std::to_string(clients_.size()) +
                               " connections were taken in time");
    }
  }
}

void Load::open(std::size_t wire) {
  ++opening_;
  clients_[wire].leaving = false;
  clients_[wire].reader.reset();
  wires_.open(wire);
}

void Load::opened(std::size_t wire) {
  Client& client = clients_[wire];
  client.open = true;
  if (phase_ == Phase::preparing) {
    if (!plan_.upgrade.empty()) return wires_.send(wire, plan_.upgrade);
    if (is_idle(wire)) return wires_.send(wire, plan_.request);
    --opening_;
    ++ready_;
    return;
  }
  --opening_;
  if (plan_.fresh) {
    wires_.send(wire, plan_.request);
  } else {
    next(wire);
  }
}

void Load::run() {
  phase_ = Phase::running;
  start_ = last_ = Clock::now();
  end_ = start_ + (plan_.answers != 0 && plan_.rate == 0 ? nanoseconds(std::chrono::hours(1))
                                                         : duration_cast<nanoseconds>(duration<double>(plan_.seconds)));
  if (plan_.rate == 0) {
    for (std::size_t wire = 0; wire < plan_.connections; ++wire) next(wire);
  }
  while (Clock::now() < end_ && !hopeless() && (may_ask() || under_way_ != 0)) {
    if (plan_.rate == 0) {
      wires_.turn(end_);
    } else {
      ask_what_is_due();
      const auto wire = static_cast<std::size_t>(scheduled_ % plan_.connections);
      wires_.turn(std::min(end_, intended(wire, scheduled_ / plan_.connections)));
    }
  }
  if (plan_.rate != 0) ask_what_is_due();
  drain();
  result_.seconds = duration<double>(last_ - start_).count();
}

void Load::drain() {
  phase_ = Phase::draining;
  const auto deadline = Clock::now() + grace;
  while (under_way_ != 0 && Clock::now() < deadline && !hopeless()) wires_.turn(deadline);
  phase_ = Phase::over;
  if (under_way_ != 0) result_.errors["no answer"] += under_way_;
}

bool Load::hopeless() const { return faults_ > tolerable && faults_ > result_.answers; }

// Requests go round the connections, one after the other.
Clock::time_point Load::intended(std::size_t wire, std::uint64_t number) const {
  const double place = static_cast<double>(number * plan_.connections + wire);
  return start_ + duration_cast<nanoseconds>(duration<double>(place / plan_.rate));
}

void Load::ask_what_is_due() {
  const auto now = std::min(Clock::now(), end_);
  for (;; ++scheduled_) {
    const auto wire = static_cast<std::size_t>(scheduled_ % plan_.connections);
    if (intended(wire, scheduled_ / plan_.connections) >= now) return;
    ++clients_[wire].due;
    ++under_way_;
    next(wire);
  }
}

// Asks what this connection may ask now, in one send.
void Load::next(std::size_t wire) {
  Client& client = clients_[wire];
  if (!client.open && !plan_.fresh) return;
  std::size_t count = 0;
  while (client.asked.size() < plan_.depth && (plan_.rate == 0 ? may_ask() : client.sent < client.due)) {
    if (plan_.rate == 0) ++under_way_;
    newest_ = plan_.rate == 0 ? Clock::now() : intended(wire, client.sent++);
    client.asked.push_back(newest_);
    ++asked_;
    ++count;
  }
  if (count == 0) return;
  plan_.fresh ? open(wire) : wires_.send(wire, std::string_view(requests_).substr(0, count * plan_.request.size()));
}

void Load::received(std::size_t wire, std::string_view bytes) {
  Client& client = clients_[wire];
  const auto now = Clock::now();
  while (!bytes.empty() && client.open && !client.leaving) {
    const auto answer = client.reader.read(bytes);
    if (client.reader.faulty()) return lose(wire, client.reader.fault());
    if (answer) answered(wire, *answer, now);
  }
  // Only now: no answer that came with these bytes belongs to a request that they make room for.
  if (client.open && !client.leaving && wire < plan_.connections && phase_ != Phase::preparing) return next(wire);
  if (!bytes.empty() && client.leaving) lose(wire, "bytes behind the last answer of a connection");
}

void Load::answered(std::size_t wire, const Answer& answer, Clock::time_point now) {
  Client& client = clients_[wire];
  if (answer.status == 101 && !plan_.upgrade.empty()) {
    client.reader.become_frames();
    --opening_;
    ++ready_;
    return;
  }
  if (answer.status < 200) return;  // an interim one
  if (phase_ == Phase::preparing) {
    --opening_;
    ++ready_;
    if (answer.status != plan_.status) lose(wire, "status " + std::to_string(answer.status));
    return;
  }
  if (is_idle(wire) && !plan_.upgrade.empty()) return hear(answer, now);
  if (client.asked.empty()) return lose(wire, "an answer that nobody asked for");
  const auto since = client.asked.front();
  client.asked.pop_front();
  --under_way_;
  last_ = now;
  check(answer, since, now);
  if (answer.last || plan_.fresh) {
    client.leaving = answer.last;
    if (!plan_.fresh && !client.asked.empty()) return lose(wire, "the server closes before it has answered all");
    if (!answer.last) open_again(wire);
  }
}

void Load::check(const Answer& answer, Clock::time_point since, Clock::time_point now) {
  if (!size_ && answer.status == plan_.status) size_ = answer.body;
  if (answer.status != plan_.status) {
    ++result_.errors["status " + std::to_string(answer.status)];
    ++faults_;
  } else if (answer.body != *size_) {
    ++result_.errors["a body of " + std::to_string(answer.body) + " bytes, not " + std::to_string(*size_)];
    ++faults_;
  } else {
    ++result_.answers;
    result_.bytes += answer.bytes;
    result_.body_bytes += answer.body;
    result_.latency.add(static_cast<std::uint64_t>(nanoseconds(now - since).count()));
  }
}

void Load::hear(const Answer& answer, Clock::time_point now) {
  if (size_ && answer.body != *size_) ++result_.errors["a message of " + std::to_string(answer.body) + " bytes"];
  result_.heard.add(static_cast<std::uint64_t>(nanoseconds(now - newest_).count()));
}

// The other side closes: orderly behind its last answer, or in the middle of one.
void Load::ended(std::size_t wire, int error) {
  Client& client = clients_[wire];
  if (phase_ == Phase::over) return;
  if (!client.open) {
    --opening_;
    return lose(wire, "no connection: " + std::generic_category().message(error));
  }
  if (error == 0 && !client.leaving) {
    const auto now = Clock::now();
    if (const auto answer = client.reader.end()) answered(wire, *answer, now);
  }
  if (client.leaving || (client.reader.idle() && client.asked.empty() && error == 0)) return open_again(wire);
  lose(wire, error != 0               ? std::generic_category().message(error)
             : client.reader.faulty() ? client.reader.fault()
                                      : "the connection ended before the answer");
}

void Load::lose(std::size_t wire, const std::string& why) {
  Client& client = clients_[wire];
  const auto lost = std::max<std::uint64_t>(client.asked.size(), 1);
  result_.errors[why] += lost;
  faults_ += lost;
  under_way_ -= client.asked.size();
  client.asked.clear();
  open_again(wire);
}

void Load::open_again(std::size_t wire) {
  Client& client = clients_[wire];
  wires_.close(wire);
  client.open = client.leaving = false;
  client.reader.reset();
  if (phase_ == Phase::preparing) {
    ++faults_;
    ++result_.errors["the server closes connections at once"];
    return;
  }
  if (hopeless()) return;
  if (plan_.fresh && !is_idle(wire)) return next(wire);
  ++result_.reconnects;
  if (!is_idle(wire)) open(wire);
}

}  // namespace kirsch::load
