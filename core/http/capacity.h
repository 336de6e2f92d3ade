// How many connections there may be, counted on all loops together.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace kirsch::http {

// Any thread. Touched only where connections begin and end.
class Capacity {
 public:
  // The place of one connection; is free again when it goes. The capacity outlives it.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : capacity_(std::exchange(other.capacity_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(capacity_, other.capacity_);
      return *this;
    }
    ~Place() {
      if (capacity_ != nullptr) capacity_->leave();
    }
    explicit operator bool() const { return capacity_ != nullptr; }

   private:
    friend class Capacity;
    explicit Place(Capacity* capacity) : capacity_(capacity) {}
    Capacity* capacity_ = nullptr;
  };

  // `whole`: of which this one is a part; it outlives this one.
  explicit Capacity(std::uint32_t most, Capacity* whole = nullptr) : most_(most), whole_(whole) {}

  // Empty: all places are taken, here or of the whole.
  Place take() noexcept { return enter() ? Place(this) : Place(); }
  // Nine tenths of the places are taken, here or of the whole.
  bool tight() const noexcept {
    return std::uint64_t{taken_.load(std::memory_order_relaxed)} * 10 >= std::uint64_t{most_} * 9 ||
           (whole_ != nullptr && whole_->tight());
  }

 private:
  bool enter() noexcept {
    std::uint32_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken >= most_) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed));
    if (whole_ == nullptr || whole_->enter()) return true;
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void leave() noexcept {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    if (whole_ != nullptr) whole_->leave();
  }

  const std::uint32_t most_;
  Capacity* const whole_;
  std::atomic<std::uint32_t> taken_ = 0;
};

}  // namespace kirsch::http
