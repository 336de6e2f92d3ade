// The functions of the C library through which all clocks are read, also by libstdc++ and by modules.
#include "testing/clock.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

namespace kirsch::testing {
namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

// Read before anything else of this library was initialised.
[[gnu::tls_model("initial-exec")]] constinit thread_local const Clock* clock_of_this_thread = nullptr;

timespec machine_time(clockid_t clock) noexcept {
  timespec time{};
  ::syscall(SYS_clock_gettime, clock, &time);
  return time;
}

timespec later(const timespec& time, std::int64_t nanoseconds) noexcept {
  const std::int64_t sum = time.tv_nsec + nanoseconds;
  return {time.tv_sec + sum / nanoseconds_per_second, sum % nanoseconds_per_second};
}

base::SteadyTime point(const timespec& time) noexcept {
  return base::SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

Clock::Clock() noexcept
    : wall_(machine_time(CLOCK_REALTIME)),
      steady_(machine_time(CLOCK_MONOTONIC)),
      boot_(machine_time(CLOCK_BOOTTIME)) {}

Clock::Use::Use(const Clock& clock) noexcept : outer_(std::exchange(clock_of_this_thread, &clock)) {}

Clock::Use::~Use() { clock_of_this_thread = outer_; }

std::optional<timespec> Clock::time(clockid_t clock) const noexcept {
  const auto passed = passed_.load(std::memory_order_relaxed);
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      return later(wall_, passed);
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
      return later(steady_, passed);
    case CLOCK_BOOTTIME:
      return later(boot_, passed);
    default:
      return std::nullopt;
  }
}

base::SteadyTime Clock::now() const noexcept { return point(*time(CLOCK_MONOTONIC)); }

void Clock::move_to(base::SteadyTime time) noexcept {
  if (time > now()) passed_.store(std::chrono::nanoseconds(time - point(steady_)).count(), std::memory_order_relaxed);
}

base::SteadyTime Clock::real_now() noexcept { return point(machine_time(CLOCK_MONOTONIC)); }

}  // namespace kirsch::testing

// In place of the C library's, by the order in which the dynamic linker looks. Sanitizers read clocks before they are
// ready to look at anything.
#define KIRSCH_REPLACEMENT __attribute__((visibility("default"), no_sanitize("address", "thread", "undefined")))
extern "C" {

KIRSCH_REPLACEMENT int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto* const own = kirsch::testing::clock_of_this_thread;
  const auto virtual_time = own != nullptr ? own->time(clock) : std::nullopt;
  if (!virtual_time) return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  *time = *virtual_time;
  return 0;
}

KIRSCH_REPLACEMENT time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}

KIRSCH_REPLACEMENT int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}
}
