// One call of a storage at a time, on behalf of an exchange that may be gone before the answer comes.
#pragma once

#include <kirsch/metrics.h>
#include <kirsch/session_storage.h>
#include <kirsch/tasks.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace sessions {

// Calls that are under way, counted on the lanes where they began, and how long exchanges were suspended for them.
class Pending {
 public:
  explicit Pending(const std::string& cookie) : locks_(waits(cookie, "lock")), others_(waits(cookie, "storage")) {}

  // The storage counts down what this returns.
  std::uint32_t* begin(std::uint32_t lane) const {
    std::atomic_ref(counts_[lane]).fetch_add(1, std::memory_order_relaxed);
    return &counts_[lane];
  }
  // Waits until the last answer has returned. Nobody can be woken by it: this memory may go as soon as it is counted.
  void wait() const {
    for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane) {
      while (std::atomic_ref(counts_[lane]).load(std::memory_order_acquire) != 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // [loop]
  void waited(std::uint32_t lane, bool for_lock, std::chrono::duration<double> time) const {
    (for_lock ? locks_ : others_).observe(lane, time.count());
  }

 private:
  static kirsch::Histogram waits(const std::string& cookie, const std::string& what) {
    return {"kirsch_session_wait_seconds",
            "How long exchanges have waited for a storage of sessions, where it did not answer at once.",
            {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5},
            {{"cookie", cookie}, {"for", what}}};
  }

  kirsch::PerLane<std::uint32_t> counts_;
  kirsch::Histogram locks_;
  kirsch::Histogram others_;
};

class StorageCall {
 public:
  using Storage = kirsch::Provider<kirsch::SessionStorage>;

  // `pending` stays until its last call has ended.
  StorageCall(Storage storage, const Pending& pending) : storage_(storage), pending_(pending) {}
  StorageCall(const StorageCall&) = delete;
  StorageCall& operator=(const StorageCall&) = delete;

  struct Answer {
    kirsch::SessionStatus status{};
    std::uint64_t lock = 0;
    std::uint64_t age = 0;
    std::uint64_t left = 0;
    std::string data;
  };
  Answer& answer() { return answer_; }

  // [loop] Asks, and goes on with `then` (an Exchange& taker returning Flow, copyable) once the storage has answered:
  // at once, or when the exchange is resumed. `begin` gets a SessionDone.
  template <class Begin, class Then>
  kirsch::Flow run(kirsch::Exchange& exchange, Begin begin, Then then) {
    begin(start(exchange.lane(), State::calling));
    return go_on(exchange, 0, {}, then);
  }
  // [loop] Waits for the lock of a record for so long at most, then the answer is `cancelled`.
  template <class Then>
  kirsch::Flow run_lock(kirsch::Exchange& exchange, const kirsch::SessionKey& key, std::chrono::milliseconds lease,
                        std::chrono::milliseconds patience, Then then) {
    const auto ticket = lock(start(exchange.lane(), State::calling), key, lease);
    return go_on(exchange, ticket, patience, then);
  }
  // The same for an exchange that is suspending: it is resumed in any case.
  void lock_for(kirsch_handle exchange, std::uint32_t lane, const kirsch::SessionKey& key,
                std::chrono::milliseconds lease, std::chrono::milliseconds patience);
  // To be called when it was resumed.
  void resumed();

  // The owner goes. Whatever is under way comes to its end without him: a lock is given back.
  void release();

 private:
  enum class State : std::uint8_t { idle, calling, suspended, answered, abandoned };

  // Keeps the call; for timers.
  class Reference {
   public:
    explicit Reference(StorageCall* call) : call_(call) { call_->references_.fetch_add(1, std::memory_order_relaxed); }
    Reference(Reference&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Reference& operator=(Reference&&) = delete;
    ~Reference() {
      if (call_ != nullptr) call_->drop();
    }
    StorageCall* operator->() const { return call_; }

   private:
    StorageCall* call_;
  };

  ~StorageCall() = default;
  kirsch::SessionDone start(std::uint32_t lane, State state);
  std::uint64_t lock(kirsch::SessionDone done, const kirsch::SessionKey& key, std::chrono::milliseconds lease);
  void suspended(std::uint64_t ticket, std::chrono::milliseconds patience);
  void cancel(std::uint64_t ticket) { storage_.table->cancel(storage_.self, &key_, ticket); }
  void give_back();
  void drop();
  static void answered(void* context, const kirsch::SessionResult* result);

  template <class Then>
  kirsch::Flow go_on(kirsch::Exchange& exchange, std::uint64_t ticket, std::chrono::milliseconds patience, Then then) {
    if (state_.load(std::memory_order_acquire) != State::answered) {
      resume_ = exchange.suspend([this, then](kirsch::Exchange& back) {
        resumed();
        return then(back);
      });
      auto expected = State::calling;
      if (state_.compare_exchange_strong(expected, State::suspended, std::memory_order_acq_rel)) {
        suspended(ticket, patience);
        return kirsch::Flow::suspend;
      }
    }
    resumed();
    return then(exchange);
  }

  const Storage storage_;
  const Pending& pending_;
  std::atomic<State> state_ = State::idle;
  std::atomic<int> references_ = 1;
  bool locks_ = false;  // the call under way asks for a lock
  bool timed_ = false;
  std::uint32_t lane_ = 0;
  std::uint64_t ticket_ = 0;
  kirsch::Timer timer_;
  std::optional<std::chrono::steady_clock::time_point> suspended_;
  kirsch::SessionKey key_{};
  kirsch::Resume resume_;
  Answer answer_;
};

}  // namespace sessions
