// The time of day as logs write it.
#pragma once

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

namespace accesslog {

// One thread: remembers the text of the last second.
class Timestamp {
 public:
  using Time = std::chrono::system_clock::time_point;

  // "31/Jan/2026:12:00:00 +0100", of the server's time zone. Both views are valid until the next call.
  std::string_view local(Time time);
  std::string_view utc(Time time);  // "2026-01-31T11:00:00.123Z"

 private:
  std::time_t local_second_ = -1;
  std::string local_;
  std::time_t utc_second_ = -1;
  std::string utc_;
};

}  // namespace accesslog
