// What this process holds, so that what a module does not give back is seen.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace kirsch::trial {

struct Resources {
  std::optional<std::size_t> allocated;  // bytes of malloc; none: it is not the C library's (a sanitizer)
  std::size_t resident = 0;              // bytes
  std::size_t descriptors = 0;
  std::size_t threads = 0;

  static Resources now();
};

// "400 bytes": what came to be between them, beyond what `rounds` times `slack` explain; empty: nothing.
std::string growth(const Resources& before, const Resources& after, std::size_t rounds, std::size_t slack);

// Of a mapping of this process: the file of that name.
bool is_file_mapped(const std::string& path);

}  // namespace kirsch::trial
