// Who waits for the lock of a record, in order. The first of this process asks the server for it, again and again where
// another process has it; no worker waits.
#pragma once

#include <kirsch/session_storage.h>

#include <unordered_map>

#include "connection_pool.h"

namespace session_redis {

// Random, never 0.
std::uint64_t fresh_number();

std::uint64_t number(const std::string& digits);
// What a reply says; a refusal is `unavailable`, or `full` where the server has no memory left.
kirsch::SessionStatus status_of(const Reply* reply);
void tell_corrupt(const std::string& name);
// The record that a reply of scripts::load or scripts::lock shows.
kirsch::SessionResult shown(const Reply& reply, std::uint64_t lock);

// Lives as long as its calls and timers. Any thread.
class LockQueues : public std::enable_shared_from_this<LockQueues> {
 public:
  struct Counts {
    std::uint64_t waits = 0;
    std::uint64_t lost = 0;
    std::uint64_t unavailable = 0;
    std::uint64_t corrupt = 0;
  };

  LockQueues(std::shared_ptr<ConnectionPool> pool, std::string prefix, std::uint64_t limit)
      : pool_(std::move(pool)), prefix_(std::move(prefix)), limit_(limit), process_(std::to_string(fresh_number())) {}

  std::uint64_t lock(const kirsch::SessionKey& key, std::chrono::milliseconds lease, kirsch::SessionAnswer&& answer);
  void cancel(const kirsch::SessionKey& key, std::uint64_t ticket);
  // The server has heard that this lock is given back, or that the record is gone.
  void released(const kirsch::SessionKey& key, std::uint64_t lock);
  void gone(const kirsch::SessionKey& key);
  Counts counts();
  std::string name(const kirsch::SessionKey& key) const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiter {
    kirsch::SessionAnswer answer;
    std::uint64_t ticket;
    std::chrono::milliseconds lease;
    bool counted;
  };
  struct Entry {
    std::deque<Waiter> waiting;
    bool asking = false;     // the server is being asked
    bool knocking = false;   // a timer will ask
    int knocks = 0;          // in vain
    std::uint64_t lock = 0;  // of somebody here
    Clock::time_point lease_end{};
    Clock::time_point turn{};  // when this process began to have it, and pass it on
  };
  class Knock;

  bool may_ask(const Entry& entry) const { return !entry.waiting.empty() && !entry.asking && entry.lock == 0; }
  void ask(const kirsch::SessionKey& key, bool passing);
  void asked(const kirsch::SessionKey& key, std::uint64_t lock, bool passing, const Reply* reply);
  void grant(const kirsch::SessionKey& key, std::uint64_t lock, bool passing, const Reply& reply);
  void refuse_all(const kirsch::SessionKey& key, kirsch::SessionStatus status, bool asked = false);
  void knock(const kirsch::SessionKey& key);
  void knocked(const kirsch::SessionKey& key);
  void dropped(const kirsch::SessionKey& key);
  void watch();

  const std::shared_ptr<ConnectionPool> pool_;
  const std::string prefix_;
  const std::uint64_t limit_;  // of those that wait
  const std::string process_;  // as the server knows this instance

  std::mutex mutex_;  // never held while an answer or a call is
  std::unordered_map<kirsch::SessionKey, Entry, kirsch::SessionKeyHash> entries_;
  std::uint64_t waiting_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_ask_ = 0;  // so that one the server hears late takes no lock from a later one
  bool watching_ = false;
  Counts counts_;
};

}  // namespace session_redis
