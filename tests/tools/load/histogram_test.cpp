// Percentiles of the load generator against exact ones.
#include "load/histogram.h"

#include <gmock/gmock.h>

#include <random>

namespace kirsch::load {
namespace {

TEST(Histogram, gives_percentiles_within_a_sixty_fourth) {
  std::mt19937_64 chance(1);
  std::lognormal_distribution<double> latency(11, 2);  // around 60 us, with a long tail
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int number = 0; number < 100'000; ++number) {
    values.push_back(static_cast<std::uint64_t>(latency(chance)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = values[static_cast<std::size_t>(share * 100'000) - 1];
    EXPECT_GE(histogram.percentile(share), exact);
    EXPECT_LE(static_cast<double>(histogram.percentile(share)), static_cast<double>(exact) * (1 + 1 / 64.0) + 1);
  }
  EXPECT_EQ(histogram.most(), values.back());
  EXPECT_EQ(histogram.count(), values.size());
}

TEST(Histogram, is_exact_for_small_values_and_bounded_for_large_ones) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0u);
  histogram.add(7);
  EXPECT_EQ(histogram.percentile(0.5), 7u);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.percentile(1), histogram.buckets().back().first);
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(Histogram, has_buckets_that_ascend_and_hold_all) {
  Histogram histogram;
  std::uint64_t added = 0;
  for (std::uint64_t value = 1; value < 1'000'000'000; value = value * 5 / 4 + 1, ++added) histogram.add(value);
  std::uint64_t seen = 0, last = 0;
  for (const auto& [end, count] : histogram.buckets()) {
    EXPECT_GT(end, last);
    last = end;
    seen += count;
  }
  EXPECT_EQ(seen, added);
}

}  // namespace
}  // namespace kirsch::load
