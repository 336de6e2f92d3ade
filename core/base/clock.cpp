// Reads the coarse clock and writes times of day as text.
#include "base/clock.h"

#include <time.h>

#include <cstdint>

namespace kirsch::base {
namespace {

// The last `digits` digits of `value`, ending before `end`.
void write_digits(char* end, std::uint64_t value, int digits) noexcept {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

SteadyTime coarse_now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

UtcText utc_text(WallTime time) noexcept {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto since = static_cast<std::uint64_t>(floor<milliseconds>(time - day).count());
  UtcText text{{"0000-00-00T00:00:00.000"}};
  char* at = text.characters.data();
  write_digits(at + 4, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  write_digits(at + 7, static_cast<unsigned>(date.month()), 2);
  write_digits(at + 10, static_cast<unsigned>(date.day()), 2);
  write_digits(at + 13, since / 3'600'000, 2);
  write_digits(at + 16, since / 60'000 % 60, 2);
  write_digits(at + 19, since / 1000 % 60, 2);
  write_digits(at + 23, since % 1000, 3);
  at[23] = 'Z';
  return text;
}

}  // namespace kirsch::base
