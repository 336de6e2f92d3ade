// Strict: what a client may not send is refused, also where it could be understood.
#include "frame.h"

#include <cstring>

namespace websocket {
namespace {

// Of the first byte (5.2): FIN, three reserved bits, the opcode.
Fault judge_first(unsigned first, bool deflate) {
  const unsigned opcode = first & 0x0FU;
  const bool control = (opcode & 8U) != 0;
  if (opcode > 10 || (opcode > 2 && !control)) return {protocol_error, "reserved opcode"};
  const bool may_be_compressed = deflate && (opcode == 1 || opcode == 2);  // RFC 7692 6: not on later fragments
  if ((first & 0x30U) != 0 || ((first & 0x40U) != 0 && !may_be_compressed)) return {protocol_error, "reserved bit"};
  if (control && (first & 0x80U) == 0) return {protocol_error, "fragmented control frame"};  // 5.5
  return {};
}

Fault judge_second(unsigned first, unsigned second) {
  if ((second & 0x80U) == 0) return {protocol_error, "frame without a mask"};  // 5.1
  if ((first & 8U) != 0 && (second & 0x7FU) > most_control_bytes) return {protocol_error, "long control frame"};
  return {};
}

std::uint64_t number(const char* bytes, std::size_t digits) {
  std::uint64_t value = 0;
  for (std::size_t digit = 0; digit < digits; ++digit) value = value << 8 | static_cast<unsigned char>(bytes[digit]);
  return value;
}

// Of an extended length (5.2): the shortest form alone, and no sign.
Fault judge_length(std::uint64_t size, std::size_t digits) {
  if (size >> 63 != 0) return {protocol_error, "length with its highest bit"};
  if (size < (digits == 2 ? 126U : 65'536U)) return {protocol_error, "length in more bytes than it needs"};
  return {};
}

// The next bytes, as many as a Word has.
template <class Word>
void unmask_word(char*& bytes, std::uint64_t key) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  Word part;
  std::memcpy(&part, &key, sizeof part);
  word ^= part;
  std::memcpy(bytes, &word, sizeof word);
  bytes += sizeof word;
}

}  // namespace

ParsedHead parse_head(const char* bytes, std::size_t size, bool deflate) {
  if (size == 0) return {};
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (const auto fault = judge_first(first, deflate); fault.code != 0) return {.fault = fault};
  if (size == 1) return {};
  const auto second = static_cast<unsigned char>(bytes[1]);
  if (const auto fault = judge_second(first, second); fault.code != 0) return {.fault = fault};
  const std::size_t digits = (second & 0x7FU) < 126 ? 0 : (second & 0x7FU) == 126 ? 2 : 8;
  if (size < 2 + digits) return {};
  ParsedHead parsed;
  auto& head = parsed.head;
  head.size = digits == 0 ? second & 0x7FU : number(bytes + 2, digits);
  if (digits != 0) parsed.fault = judge_length(head.size, digits);
  if (parsed.fault.code != 0 || size < 2 + digits + head.mask.size()) return {.fault = parsed.fault};
  head.opcode = static_cast<Opcode>(first & 0x0FU);
  head.final = (first & 0x80U) != 0;
  head.compressed = (first & 0x40U) != 0;
  std::memcpy(head.mask.data(), bytes + 2 + digits, head.mask.size());
  parsed.bytes = 2 + digits + head.mask.size();
  return parsed;
}

void unmask(char* bytes, std::size_t size, const std::array<char, 4>& mask, std::uint64_t at) {
  char turned[8];
  for (std::size_t index = 0; index < 4; ++index) turned[index] = turned[index + 4] = mask[(at + index) & 3];
  std::uint64_t key = 0;
  std::memcpy(&key, turned, sizeof key);
  const char* const end = bytes + size;
  while (static_cast<std::size_t>(end - bytes) >= 2 * sizeof key) {
    unmask_word<std::uint64_t>(bytes, key);
    unmask_word<std::uint64_t>(bytes, key);
  }
  if ((size & 8) != 0) unmask_word<std::uint64_t>(bytes, key);
  if ((size & 4) != 0) unmask_word<std::uint32_t>(bytes, key);
  for (std::size_t index = 0; index < (size & 3); ++index)
    bytes[index] = static_cast<char>(bytes[index] ^ turned[index]);
}

}  // namespace websocket
