// Objects that are kept for their next use, as many as have lately been of use: after a crowd the memory goes back.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <vector>

namespace kirsch::base {

// One thread at a time. Owns what is not in use.
template <class Type>
class Spares {
 public:
  // shed leaves so many.
  explicit Spares(std::size_t least) : least_(least) {}

  // One that was given back, or else what `make` returns, a std::unique_ptr.
  template <std::invocable Make>
  Type& take(Make make) {
    if (!kept_.empty()) {
      Type& object = *kept_.back().release();
      kept_.pop_back();
      untouched_ = std::min(untouched_, kept_.size());
      return object;
    }
    auto made = make();
    if (kept_.capacity() <= total_) kept_.reserve(2 * total_ + least_ + 1);
    ++total_;
    untouched_ = 0;
    return *made.release();
  }
  // There is room for each that was made.
  void give(Type& object) noexcept { kept_.emplace_back(&object); }

  // Worth a shed, soon.
  bool many() const noexcept { return kept_.size() > least_; }
  // Destroys those that nobody has needed since the last call; returns their number.
  std::size_t shed() noexcept {
    const std::size_t count = untouched_ > least_ ? untouched_ - least_ : 0;
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count));
    total_ -= count;
    untouched_ = kept_.size();
    return count;
  }

 private:
  const std::size_t least_;
  std::vector<std::unique_ptr<Type>> kept_;
  std::size_t total_ = 0;      // with those in use
  std::size_t untouched_ = 0;  // of kept_, from its front, since the last shed
};

}  // namespace kirsch::base
