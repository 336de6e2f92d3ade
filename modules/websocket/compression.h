// The payloads of permessage-deflate (RFC 7692 7.2), by zlib.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "frame.h"

namespace websocket {

struct DeflateEffort {
  int level = 6;
  int memory_level = 5;
};

// zlib's tables of one compressor, and of one decompressor, in bytes.
constexpr std::uint64_t deflater_bytes(int window_bits, int memory_level) {
  return (std::uint64_t{1} << (window_bits + 2)) + (std::uint64_t{1} << (memory_level + 9)) + 6 * 1024;
}
constexpr std::uint64_t inflater_bytes(int window_bits) { return (std::uint64_t{1} << window_bits) + 10 * 1024; }

// Longer payloads are neither made nor read: zlib counts in 32 bits.
constexpr std::size_t most_compressed = 1 << 30;

// Both write into a string of the caller's, whose content goes, and return a view of it: what many compressors of one
// loop make needs one place.
class Deflater {
 public:
  // Window bits 9 to 15. Throws std::bad_alloc.
  Deflater(int window_bits, const DeflateEffort& effort);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The payload of a message that is not empty, and at most `most_compressed` bytes.
  std::string_view deflate(std::string_view message, bool keeps_context, std::string& made);

 private:
  z_stream stream_{};
};

class Inflater {
 public:
  explicit Inflater(int window_bits);  // 8 to 15
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The message of a payload. It ends where the message grows beyond `limit` (1009), and where the payload is malformed
  // (1007).
  std::string_view inflate(std::string_view payload, std::uint64_t limit, bool keeps_context, std::string& made,
                           Fault& fault);

 private:
  Fault take(std::string_view payload, std::uint64_t limit, std::string& made);

  z_stream stream_{};
};

}  // namespace websocket
