// Data per lane: one object each, on cache lines of its own.
#include <gtest/gtest.h>
#include <kirsch/host.h>

#include <cstdint>

namespace kirsch {
namespace {

class PerLaneTest : public ::testing::Test {
 protected:
  PerLaneTest() {
    host_.size = sizeof host_;
    host_.lanes = 5;
    host_.loops = 2;
    detail::host = &host_;
  }
  ~PerLaneTest() override { detail::host = nullptr; }

  kirsch_host host_{};
};

TEST_F(PerLaneTest, has_one_object_for_every_loop_and_worker) {
  const PerLane<int> numbers;
  EXPECT_EQ(kirsch::lanes(), 5u);
  EXPECT_EQ(lanes(), 5u);
  EXPECT_EQ(loops(), 2u);
  for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane) {
    EXPECT_EQ(numbers[lane], 0);
    numbers[lane] = static_cast<int>(lane) + 1;
  }
  for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane) EXPECT_EQ(numbers[lane], static_cast<int>(lane) + 1);
}

TEST_F(PerLaneTest, keeps_its_objects_on_different_cache_lines) {
  const PerLane<char> bytes;
  for (std::uint32_t lane = 1; lane < kirsch::lanes(); ++lane) {
    const auto distance =
        reinterpret_cast<std::uintptr_t>(&bytes[lane]) - reinterpret_cast<std::uintptr_t>(&bytes[lane - 1]);
    EXPECT_GE(distance, 128u);
  }
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&bytes[0]) % 128, 0u);
}

}  // namespace
}  // namespace kirsch
