// Latencies in buckets whose width is at most 1/64 of their value, so a percentile is exact within 1.6 %.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kirsch::load {

class Histogram {
 public:
  void add(std::uint64_t nanoseconds) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t most() const noexcept { return most_; }
  // The upper end of the bucket that holds it, never above most(); 0 where nothing was added. 0 < share <= 1.
  std::uint64_t percentile(double share) const noexcept;
  // Upper end and count of each bucket that is not empty, ascending.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets() const;

 private:
  static constexpr std::size_t steps = 64;  // per power of two
  static constexpr std::size_t powers = 36;
  static std::size_t bucket(std::uint64_t nanoseconds) noexcept;
  static std::uint64_t upper_end(std::size_t bucket) noexcept;

  std::array<std::uint64_t, steps*(powers + 1)> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace kirsch::load
