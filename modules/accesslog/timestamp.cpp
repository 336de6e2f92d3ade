// The calendar is the C library's; names of months are English whatever the locale.
#include "timestamp.h"

#include <time.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace accesslog {
namespace {

using namespace std::chrono;

std::string local_text(std::time_t second) {
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm at{};
  ::localtime_r(&second, &at);
  const long minutes = std::labs(at.tm_gmtoff) / 60;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%02d/%s/%04d:%02d:%02d:%02d %c%02ld%02ld", at.tm_mday,
                months[static_cast<std::size_t>(at.tm_mon)], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec,
                at.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return text.data();
}

std::string utc_text(std::time_t second) {
  tm at{};
  ::gmtime_r(&second, &at);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.000Z", &at);
  return text.data();
}

}  // namespace

std::string_view Timestamp::local(Time time) {
  const std::time_t second = system_clock::to_time_t(floor<seconds>(time));
  if (second != std::exchange(local_second_, second)) local_ = local_text(second);
  return local_;
}

std::string_view Timestamp::utc(Time time) {
  const std::time_t second = system_clock::to_time_t(floor<seconds>(time));
  if (second != std::exchange(utc_second_, second)) utc_ = utc_text(second);
  auto rest = floor<milliseconds>(time - floor<seconds>(time)).count();
  const std::size_t end = utc_.size() - 1;
  for (auto at = end; at-- > end - 3; rest /= 10) utc_[at] = static_cast<char>('0' + rest % 10);
  return utc_;
}

}  // namespace accesslog
