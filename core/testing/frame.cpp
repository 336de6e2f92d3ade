// Nothing is compressed, because a client of tests offers no extension.
#include "testing/frame.h"

#include <cstdint>
#include <stdexcept>

namespace kirsch::testing {
namespace {

std::uint64_t big_endian(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) value = value << 8 | static_cast<unsigned char>(digit);
  return value;
}

}  // namespace

std::string masked(Opcode opcode, std::string_view payload) {
  constexpr std::string_view mask = "\x9A\x01\xC3\x57";
  const auto size = payload.size();
  const unsigned digits = size < 126 ? 0 : size <= UINT16_MAX ? 2 : 8;
  std::string frame{static_cast<char>(0x80 | static_cast<unsigned>(opcode)),
                    static_cast<char>(0x80 | (digits == 0   ? size
                                              : digits == 2 ? 126U
                                                            : 127U))};
  for (unsigned digit = digits; digit-- != 0;) frame += static_cast<char>(size >> (8 * digit) & 0xFF);
  frame += mask;
  for (std::size_t at = 0; at < size; ++at) frame += static_cast<char>(payload[at] ^ mask[at & 3]);
  return frame;
}

std::optional<Frame> take_frame(std::string& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  if ((first & 0x70U) != 0 || (second & 0x80U) != 0) throw std::runtime_error("a frame that no server may send");
  const std::size_t digits = second == 126 ? 2 : second == 127 ? 8 : 0;
  const auto head = 2 + digits;
  if (bytes.size() < head) return std::nullopt;
  const auto size = digits == 0 ? second : big_endian(std::string_view(bytes).substr(2, digits));
  if (bytes.size() - head < size) return std::nullopt;
  Frame frame{static_cast<Opcode>(first & 0x0FU), (first & 0x80U) != 0, bytes.substr(head, size)};
  bytes.erase(0, head + size);
  return frame;
}

}  // namespace kirsch::testing
