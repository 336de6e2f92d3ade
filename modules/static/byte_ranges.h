// The parts of a representation that a client asks for (RFC 9110 14).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace static_files {

struct ByteRange {
  std::uint64_t first;
  std::uint64_t size;  // at least 1
};

struct RangeChoice {
  bool unsatisfiable = false;     // 416
  std::vector<ByteRange> ranges;  // empty otherwise: the whole representation, 200
};

// Ignored, so that the whole is sent (RFC 9110 14.2 allows it): other units, what is no list of ranges, more than 16
// ranges, and ranges that together are larger than the representation.
RangeChoice choose_ranges(std::string_view field, std::uint64_t size);

}  // namespace static_files
