// multipart/form-data (RFC 7578, RFC 2046 5.1): the parts of a body that is there as a whole, as views into it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "kirsch/abi.h"

namespace kirsch::pipeline {

inline constexpr std::size_t max_parts = 128;
inline constexpr std::size_t max_part_head = 8 * 1024;  // bytes

struct Multipart {
  std::uint16_t status = 0;  // 0: these are the parts; 400: malformed; 413: too many of them; 415: no such body
  std::span<const kirsch_part> parts;
};

// `type`: the value of Content-Type. Views point into `body`, `type` and the arena. Names are decoded (a file's name is
// what the client says, and no path). What is malformed is refused as a whole. `passed`, if there is one, hears of the
// stretches of a large body that have been searched.
Multipart parse_multipart(std::string_view type, std::string_view body, base::Arena& arena,
                          const std::function<void(std::string_view stretch)>& passed = nullptr);

// Those of its parts that are no files.
std::span<const kirsch_pair> fields_of(const Multipart& multipart, base::Arena& arena);

}  // namespace kirsch::pipeline
