// The queues of kirsch/simple_session_engine.h: one for each key, or one for all where the backend is not concurrent. A
// queue is worked off by one worker at a time, its turn, which alone calls the backend for its keys and touches their
// locks. Nobody is answered, and neither the host nor the backend is called, while the mutex is held.
#pragma once

#include <kirsch/session_storage.h>
#include <kirsch/tasks.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace kirsch::detail {

struct SimpleRecord {
  std::uint64_t created = 0;  // milliseconds since 1970
  std::uint64_t expires = 0;
  std::uint64_t revision = 0;
  std::string data{};
};

// Lives as long as its turns.
class SimpleSessionQueues : public std::enable_shared_from_this<SimpleSessionQueues> {
 public:
  explicit SimpleSessionQueues(bool concurrent) : concurrent_(concurrent) {}
  virtual ~SimpleSessionQueues() = default;

 protected:
  using Milliseconds = std::chrono::milliseconds;
  using Clock = std::chrono::steady_clock;  // of leases

  struct Waiter {
    std::uint64_t ticket;
    Milliseconds lease;
    SessionAnswer answer;
  };
  // There is one while somebody has it or waits, or a timer will look at it: so of records alone that existed.
  struct Lock {
    std::uint64_t number = 0;  // 0: it is free
    Clock::time_point lease_end{};
    Clock::time_point watched = Clock::time_point::max();  // when a timer will look at it
    std::list<Waiter> waiting{};
    bool held() const { return number != 0 && Clock::now() < lease_end; }
  };
  struct Job {
    SessionKey key{};
    SessionAnswer answer{};
    std::uint64_t unlock = 0;  // the lock that is given back behind it, also where it is lost
    std::function<SessionResult(Job&, Lock&, SimpleRecord&)> work{};
    std::uint64_t ticket = 0;  // of who wants the lock
  };
  struct Queue {
    std::deque<Job> jobs{};
    bool running = false;
    std::unordered_map<SessionKey, Lock, SessionKeyHash> locks{};
  };

  // Any thread.
  void add(Job&& job) {
    const auto queue = queue_of(job.key);
    const Turn turn(new bool(true), [self = shared_from_this(), queue](const bool* ended) {
      if (!*ended) self->run(queue, nullptr);
      delete ended;
    });
    {
      const std::lock_guard guard(mutex_);
      auto& [jobs, running, locks] = queues_[queue];
      jobs.push_back(std::move(job));
      if (std::exchange(running, true)) return;
      *turn = false;
    }
    submit(queue, turn);
  }

  // Of who wants a lock, as long as the turn has not come to it; else nothing.
  SessionAnswer withdraw(const SessionKey& key, std::uint64_t ticket) {
    const std::lock_guard guard(mutex_);
    const auto queue = queues_.find(queue_of(key));
    if (queue == queues_.end()) return {};
    auto& jobs = queue->second.jobs;
    const auto job = std::ranges::find(jobs, ticket, &Job::ticket);
    if (job == jobs.end()) return {};
    auto answer = std::move(job->answer);
    jobs.erase(job);
    return answer;
  }

  // Worked off by a turn, or lost.
  virtual void perform(Job& job, Queue& queue, bool lost) = 0;

  std::mutex mutex_;

 private:
  using Turn = std::shared_ptr<bool>;  // true: it has ended

  SessionKey queue_of(const SessionKey& key) const { return concurrent_ ? key : SessionKey{}; }

  bool submit(const SessionKey& queue, const Turn& turn) {
    return kirsch::submit([self = shared_from_this(), queue, turn] { self->run(queue, turn); });
  }
  // Null: the turn was let go, since the server stops or has no worker to spare. So all that is queued is lost.
  void run(const SessionKey& key, const Turn& turn) {
    for (int count = 1;; ++count) {
      Job job;
      Queue* queue = nullptr;
      {
        const std::lock_guard guard(mutex_);
        const auto found = queues_.find(key);
        queue = &found->second;
        if (queue->jobs.empty()) {
          queue->running = false;
          if (turn != nullptr) *turn = true;
          if (queue->locks.empty()) queues_.erase(found);
          return;
        }
        job = std::move(queue->jobs.front());
        queue->jobs.pop_front();
      }
      try {
        perform(job, *queue, turn == nullptr);
        if (turn != nullptr && count % 64 == 0 && submit(key, turn)) return;  // somebody else may want the worker
      } catch (const std::bad_alloc&) {  // an answer that is still owed gives itself
      }
    }
  }

  const bool concurrent_;
  std::unordered_map<SessionKey, Queue, SessionKeyHash> queues_;
};

}  // namespace kirsch::detail
