// Nobody is answered while the mutex is held.
#include "lock_queues.h"

#include <kirsch/log.h>
#include <kirsch/tasks.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "scripts.h"

namespace session_redis {
namespace {

using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionResult;
using kirsch::SessionStatus;
using namespace std::chrono_literals;

constexpr auto turn = 20ms;  // as long as a process may pass a lock on while another one waits for it
constexpr auto lease_round = 100ms;
constexpr std::string_view locked =
    "9";  // what scripts::lock says of a record that somebody has, or another one gets next

}  // namespace

std::uint64_t fresh_number() {
  std::uint64_t number = 0;
  while (number == 0) {
    if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number))
      throw std::system_error(errno, std::generic_category(), "no random numbers");
  }
  return number;
}

std::uint64_t number(const std::string& digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

SessionStatus status_of(const Reply* reply) {
  if (reply == nullptr) return SessionStatus::unavailable;
  if (reply->front() == "refused")
    return (*reply)[1].starts_with("OOM") ? SessionStatus::full : SessionStatus::unavailable;
  const auto status = static_cast<SessionStatus>(number(reply->front()));
  return status <= SessionStatus::full ? status : SessionStatus::unavailable;
}

void tell_corrupt(const std::string& name) {
  kirsch::log(kirsch::Level::error, name, " is no record that can be read; it was renamed to *:corrupt");
}

SessionResult shown(const Reply& reply, std::uint64_t lock) {
  SessionResult result{};
  result.size = sizeof result;
  result.status = static_cast<std::uint32_t>(SessionStatus::unavailable);
  if (reply.size() != 6) return result;
  result.status = 0;
  result.data = kirsch::text(reply[1]);
  result.revision = number(reply[2]);
  result.lock = lock;
  result.age = number(reply[3]);
  result.left = number(reply[4]);
  return result;
}

// Asks again for a lock that another process has, on a loop's timer. If it is dropped, nobody waits any more.
class LockQueues::Knock {
 public:
  Knock(std::shared_ptr<LockQueues> queues, const SessionKey& key) : queues_(std::move(queues)), key_(key) {}
  Knock(Knock&&) noexcept = default;
  Knock& operator=(Knock&&) = delete;
  ~Knock() {
    if (queues_ != nullptr) queues_->dropped(key_);
  }
  void operator()() { std::exchange(queues_, nullptr)->knocked(key_); }

 private:
  std::shared_ptr<LockQueues> queues_;
  SessionKey key_;
};

std::string LockQueues::name(const SessionKey& key) const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name = prefix_;
  for (const auto byte : key.bytes) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

std::uint64_t LockQueues::lock(const SessionKey& key, std::chrono::milliseconds lease, SessionAnswer&& answer) {
  std::uint64_t ticket = 0;
  bool watch_it = false;
  bool ask_now = false;
  {
    const std::lock_guard guard(mutex_);
    if (waiting_ >= limit_) {
      ++counts_.unavailable;
      return 0;
    }
    Entry& entry = entries_[key];
    const bool behind = entry.lock != 0 || !entry.waiting.empty();
    ticket = ++last_ticket_;
    entry.waiting.push_back({std::move(answer), ticket, lease, behind});
    ++waiting_;
    counts_.waits += behind ? 1 : 0;
    ask_now = may_ask(entry) && !entry.knocking;
    entry.asking = entry.asking || ask_now;
    watch_it = !std::exchange(watching_, true);
  }
  if (watch_it) kirsch::post(0, [self = shared_from_this()] { self->watch(); });
  if (ask_now) ask(key, false);
  return ticket;
}

void LockQueues::cancel(const SessionKey& key, std::uint64_t ticket) {
  SessionAnswer answer;
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    auto& waiting = found->second.waiting;
    const auto waiter = std::find_if(waiting.begin(), waiting.end(),
                                     [&](const Waiter& candidate) { return candidate.ticket == ticket; });
    if (waiter == waiting.end()) return;
    answer = std::move(waiter->answer);
    waiting.erase(waiter);
    --waiting_;
  }
  answer(SessionStatus::cancelled);
}

// Entry::asking has been set.
void LockQueues::ask(const SessionKey& key, bool passing) {
  const auto lock = fresh_number();
  std::string lease;
  std::string order;
  {
    const std::lock_guard guard(mutex_);
    Entry& entry = entries_[key];
    passing = passing && Clock::now() < entry.turn + turn;
    lease = std::to_string(entry.waiting.empty() ? 1 : entry.waiting.front().lease.count());
    order = std::to_string(++last_ask_);
  }
  pool_->call(
      {"EVAL", scripts::lock, "1", name(key), std::to_string(lock), lease, process_, passing ? "0" : "1", order},
      [self = shared_from_this(), key, lock, passing](const Reply* reply) { self->asked(key, lock, passing, reply); });
}

void LockQueues::asked(const SessionKey& key, std::uint64_t lock, bool passing, const Reply* reply) {
  const auto status = status_of(reply);
  if (status == SessionStatus::done && reply->size() == 6) return grant(key, lock, passing, *reply);
  if (reply != nullptr && reply->front() == locked) return knock(key);
  if (status == SessionStatus::corrupt) tell_corrupt(name(key));
  const bool told = status == SessionStatus::absent || status == SessionStatus::corrupt;
  refuse_all(key, told ? status : SessionStatus::unavailable, true);
}

void LockQueues::grant(const SessionKey& key, std::uint64_t lock, bool passing, const Reply& reply) {
  SessionAnswer answer;
  bool wanted = false;
  {
    const std::lock_guard guard(mutex_);
    Entry& entry = entries_[key];
    entry.asking = false;
    entry.knocks = 0;
    wanted = !entry.waiting.empty();
    counts_.lost += reply[5] == "1" ? 1 : 0;
    entry.lock = lock;
    if (!passing) entry.turn = Clock::now();
    if (wanted) {
      Waiter& first = entry.waiting.front();
      answer = std::move(first.answer);
      entry.lease_end = Clock::now() + first.lease;
      entry.waiting.pop_front();
      --waiting_;
    }
  }
  if (wanted) return answer(shown(reply, lock));
  pool_->call({"EVAL", scripts::unlock, "1", name(key), std::to_string(lock)},
              [self = shared_from_this(), key, lock](const Reply*) { self->released(key, lock); });
}

void LockQueues::released(const SessionKey& key, std::uint64_t lock) {
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || lock == 0 || found->second.lock != lock) return;
    Entry& entry = found->second;
    entry.lock = 0;
    if (!may_ask(entry)) return;
    entry.asking = true;
  }
  ask(key, true);
}

void LockQueues::gone(const SessionKey& key) {
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    found->second.lock = 0;
  }
  refuse_all(key, SessionStatus::absent);
}

// Those who waited go in the moment in which it has been asked: between the two, somebody else would ask for them.
void LockQueues::refuse_all(const SessionKey& key, SessionStatus status, bool asked) {
  std::deque<Waiter> waiting;
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (asked) found->second.asking = false;
    waiting.swap(found->second.waiting);
    waiting_ -= waiting.size();
    if (status == SessionStatus::unavailable) counts_.unavailable += waiting.size();
    if (status == SessionStatus::corrupt && !waiting.empty()) ++counts_.corrupt;
  }
  for (auto& waiter : waiting) {
    waiter.answer(status);
    if (status == SessionStatus::corrupt) status = SessionStatus::absent;  // for those behind it has gone
  }
}

void LockQueues::knock(const SessionKey& key) {
  int knocks = 0;
  {
    const std::lock_guard guard(mutex_);
    Entry& entry = entries_[key];
    entry.asking = false;
    if (entry.waiting.empty()) return;
    if (!std::exchange(entry.waiting.front().counted, true)) ++counts_.waits;
    if (std::exchange(entry.knocking, true)) return;
    knocks = entry.knocks++;
  }
  const std::chrono::milliseconds delay((1 << std::min(knocks, 3)) + static_cast<int>(fresh_number() % 3));
  kirsch::post(0, [knock = Knock(shared_from_this(), key), delay]() mutable {
    kirsch::after(0, delay, [knock = std::move(knock)]() mutable { knock(); });
  });
}

void LockQueues::knocked(const SessionKey& key) {
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    entry.knocking = false;
    if (!may_ask(entry)) return;
    entry.asking = true;
  }
  ask(key, false);
}

// There are no timers any more; who comes now hears so from the server's side.
void LockQueues::dropped(const SessionKey& key) {
  {
    const std::lock_guard guard(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) found->second.knocking = false;
  }
  refuse_all(key, SessionStatus::unavailable);
}

// As long as there is anything to watch: leases that are over while somebody here waits, and records that nobody wants.
void LockQueues::watch() {
  std::vector<SessionKey> over;
  {
    const std::lock_guard guard(mutex_);
    const auto now = Clock::now();
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      auto& [key, queue] = *entry;
      if (queue.lock != 0 && queue.lease_end <= now) queue.lock = 0;  // the server says whether it is another's
      if (may_ask(queue) && !queue.knocking) {
        queue.asking = true;
        over.push_back(key);
      }
      const bool idle = queue.waiting.empty() && !queue.asking && !queue.knocking && queue.lock == 0;
      entry = idle ? entries_.erase(entry) : std::next(entry);
    }
    if (entries_.empty()) {
      watching_ = false;
      return;
    }
  }
  for (const auto& key : over) ask(key, false);
  kirsch::after(0, lease_round, [self = shared_from_this()] { self->watch(); });
}

LockQueues::Counts LockQueues::counts() {
  const std::lock_guard guard(mutex_);
  return counts_;
}

}  // namespace session_redis
