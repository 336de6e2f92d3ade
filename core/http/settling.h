// Who is to settle when the loop's turn ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace kirsch::http {

// Type has `bool deferred`, which is used here alone, and `settle()`, which may remove any.
template <class Type>
class Settling {
 public:
  // So many there are at most; add needs no memory then.
  void reserve(std::size_t all) {
    later_.reserve(all);
    now_.reserve(all);
  }
  // False: it is among them already.
  bool add(Type& one) noexcept {
    if (std::exchange(one.deferred, true)) return false;
    later_.push_back(&one);
    return true;
  }
  void remove(Type& one) noexcept {
    if (!std::exchange(one.deferred, false)) return;
    std::erase(later_, &one);  // its place is for another
    std::ranges::replace(now_, &one, nullptr);
  }
  // Those that come meanwhile are for the next time.
  void settle() {
    now_.swap(later_);
    for (std::size_t index = 0; index < now_.size(); ++index) {
      Type* const one = now_[index];
      if (one == nullptr) continue;
      one->deferred = false;
      one->settle();
    }
    now_.clear();
  }

 private:
  std::vector<Type*> later_;
  std::vector<Type*> now_;  // null: it has gone
};

}  // namespace kirsch::http
