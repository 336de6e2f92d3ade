// Form bodies of any bytes: whatever parts come of them lie inside the body, and reading them leaves it alone.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pipeline/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // The first line is the type, the rest the body.
  const auto end = input.find('\n');
  const auto type = input.substr(0, end);
  const auto body = end == input.npos ? std::string_view() : input.substr(end + 1);
  kirsch::base::Arena arena;
  const auto parsed = kirsch::pipeline::parse_multipart(type, body, arena);
  for (const auto& part : parsed.parts) {
    const bool inside = part.body.size == 0 ||
                        (part.body.data >= body.data() && part.body.data + part.body.size <= body.data() + body.size());
    if (!inside || parsed.status != 0) std::abort();
  }
  return 0;
}
