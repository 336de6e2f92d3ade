// Which answer the conditions of a request allow (RFC 9110 13).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace static_files {

// What an answer would say of itself.
struct Validators {
  std::string_view etag;  // as the field: "abc" or W/"abc"
  std::chrono::sys_seconds modified;
};

// The fields as received; several lines of one joined by commas, absent ones nullopt.
struct Conditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<std::string> if_modified_since;
  std::optional<std::string> if_unmodified_since;
};

enum class Verdict : std::uint8_t { send, not_modified, failed };  // 2xx, 304, 412

// For GET and HEAD, in the order of RFC 9110 13.2.2.
Verdict evaluate(const Conditions& conditions, const Validators& validators);

// Whether Range counts beside this If-Range (RFC 9110 13.1.5): only a strong tag, or a date at least a second older
// than `now` (8.8.2.2), that is exactly ours.
bool range_allowed(std::string_view if_range, const Validators& validators, std::chrono::sys_seconds now);

}  // namespace static_files
