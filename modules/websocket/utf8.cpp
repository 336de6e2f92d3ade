// The second byte of some characters has narrower bounds: no overlong forms, surrogates, or numbers beyond U+10FFFF.
#include "utf8.h"

#include <cstring>

namespace websocket {
namespace {

// What most text is made of: how much of the front is ASCII, in whole words.
std::size_t ascii_words(const char* bytes, std::size_t size) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    std::uint64_t words[2];
    std::memcpy(words, bytes + at, sizeof words);
    if (((words[0] | words[1]) & high_bits) != 0) break;
  }
  return at;
}

}  // namespace

bool Utf8::begin(unsigned char lead) {
  if (lead < 0xC2 || lead > 0xF4) return false;
  missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  low_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  high_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return true;
}

bool Utf8::take(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (missing_ == 0) {
      at += ascii_words(bytes.data() + at, bytes.size() - at);
      if (at == bytes.size()) return true;
    }
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (missing_ != 0) {
      if (byte < low_ || byte > high_) return false;
      --missing_;
      low_ = 0x80;
      high_ = 0xBF;
    } else if (byte >= 0x80 && !begin(byte)) {
      return false;
    }
  }
  return true;
}

}  // namespace websocket
