// Values below 64 have a bucket each; above, the seven highest bits of a value name its bucket.
#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kirsch::load {

std::size_t Histogram::bucket(std::uint64_t nanoseconds) noexcept {
  if (nanoseconds < steps) return nanoseconds;
  const auto power = static_cast<std::size_t>(std::bit_width(nanoseconds)) - 7;
  return std::min(steps * power + (nanoseconds >> power), steps * (powers + 1) - 1);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) noexcept {
  if (bucket < 2 * steps) return bucket;
  const std::size_t power = bucket / steps - 1;
  return ((bucket % steps + steps + 1) << power) - 1;
}

void Histogram::add(std::uint64_t nanoseconds) noexcept {
  ++counts_[bucket(nanoseconds)];
  ++count_;
  most_ = std::max(most_, nanoseconds);
}

std::uint64_t Histogram::percentile(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    seen += counts_[index];
    if (seen != 0 && seen >= wanted) return std::min(upper_end(index), most_);
  }
  return most_;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> filled;
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    if (counts_[index] != 0) filled.emplace_back(std::min(upper_end(index), most_), counts_[index]);
  }
  return filled;
}

}  // namespace kirsch::load
