// Payloads of any bytes inflate to no more than they may, or not at all; and what is deflated inflates to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "websocket/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool keeps = (data[0] & 1) != 0;
  const int bits = 9 + (data[0] >> 1) % 7;
  constexpr std::uint64_t limit = 100'000;
  websocket::Inflater inflater(bits);
  std::string made, payload;
  for (int twice = 0; twice < 2; ++twice) {
    websocket::Fault fault;
    const auto message = inflater.inflate(bytes, limit, keeps, made, fault);
    if (fault.code == 0 && message.size() > limit) std::abort();
    if (fault.code != 0) break;
  }
  if (bytes.empty()) return 0;
  websocket::Deflater deflater(bits, {.level = 1 + data[0] % 9, .memory_level = 1 + data[0] % 9});
  websocket::Inflater back(bits);
  for (int twice = 0; twice < 2; ++twice) {
    websocket::Fault fault;
    const auto message = back.inflate(deflater.deflate(bytes, keeps, payload), bytes.size(), keeps, made, fault);
    if (message != bytes || fault.code != 0) std::abort();
  }
  return 0;
}
