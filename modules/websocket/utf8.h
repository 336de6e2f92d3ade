// UTF-8 (RFC 3629) of text that comes in pieces.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket {

class Utf8 {
 public:
  // False: with these bytes it is none, whatever follows.
  bool take(std::string_view bytes);
  bool complete() const { return missing_ == 0; }  // no character is open

 private:
  bool begin(unsigned char lead);

  std::uint8_t missing_ = 0;  // bytes of the open character
  std::uint8_t low_ = 0x80;   // what its next byte is at least, and at most
  std::uint8_t high_ = 0xBF;
};

inline bool is_utf8(std::string_view text) {
  Utf8 check;
  return check.take(text) && check.complete();
}

}  // namespace websocket
