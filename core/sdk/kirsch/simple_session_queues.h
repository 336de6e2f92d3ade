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
    {
      const std::lock_guard guard(mutex_);
      auto& [jobs, running, locks] = queues_[queue];
      jobs.push_back(std::move(job));
      if (std::exchange(running, true)) return;
    }
    if (!begin(queue)) lose(queue);
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
  using Turn = std::shared_ptr<bool>;                                    // true: it has ended
  using Queues = std::unordered_map<SessionKey, Queue, SessionKeyHash>;  // one that runs stays where it is

  SessionKey queue_of(const SessionKey& key) const { return concurrent_ ? key : SessionKey{}; }

  bool submit(const SessionKey& queue, const Turn& turn) {
    return kirsch::submit([self = shared_from_this(), queue, turn] { self->run(queue, turn); });
  }

  // False: no worker is to spare, or no memory.
  bool begin(const SessionKey& queue) noexcept {
    Turn turn;
    bool begun = false;
    try {
      turn.reset(new bool(true), [self = shared_from_this(), queue](const bool* ended) {
        if (!*ended) self->lose(queue);  // the server stops
        delete ended;
      });
      *turn = false;
      begun = submit(queue, turn);
    } catch (const std::bad_alloc&) {
    }
    if (!begun && turn != nullptr) *turn = true;
    return begun;
  }

  void run(const SessionKey& key, const Turn& turn) {
    for (int count = 1;; ++count) {
      Job job;
      Queue* queue = nullptr;
      {
        const std::lock_guard guard(mutex_);
        const auto found = queues_.find(key);
        if (rests(found)) return void(*turn = true);
        queue = &found->second;
        job = std::move(queue->jobs.front());
        queue->jobs.pop_front();
      }
      try {
        perform(job, *queue, false);
        if (count % 64 == 0 && submit(key, turn)) return;  // somebody else may want the worker
      } catch (const std::bad_alloc&) {                    // an answer that is still owed gives itself
      }
    }
  }

  // All that is queued without a turn. What comes meanwhile is for the next one, if there is one.
  void lose(const SessionKey& key) noexcept {
    do {
      std::deque<Job> jobs;
      Queue* queue = nullptr;
      {
        const std::lock_guard guard(mutex_);
        queue = &queues_.find(key)->second;
        jobs.swap(queue->jobs);
      }
      for (Job& job : jobs) {
        try {
          perform(job, *queue, true);
        } catch (const std::bad_alloc&) {
        }
      }
      const std::lock_guard guard(mutex_);
      if (rests(queues_.find(key))) return;
    } while (!begin(key));
  }

  // True: there is nothing to do, and the next job begins a turn.
  bool rests(Queues::iterator queue) {
    if (!queue->second.jobs.empty()) return false;
    queue->second.running = false;
    if (queue->second.locks.empty()) queues_.erase(queue);
    return true;
  }

  const bool concurrent_;
  Queues queues_;
};

}  // namespace kirsch::detail
