// Decode once, then normalise; most paths need neither and are returned as they came.
#include "http/path.h"

#include <cstddef>
#include <cstring>

#include "base/arena.h"
#include "http/characters.h"

namespace kirsch::http {

namespace {

bool plain(std::string_view raw) {
  char previous = 0;
  for (char c : raw) {
    if (c == '%' || !is(c, character::visible)) return false;
    if (previous == '/' && (c == '/' || c == '.')) return false;
    previous = c;
  }
  return true;
}

// The number of bytes of the UTF-8 character at the front of `text`, 0 if there is none (RFC 3629 §4).
std::size_t utf8_size(std::string_view text) {
  auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto continues = [&](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
  const unsigned first = at(0);
  const unsigned second = at(1);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return continues(1) ? 2 : 0;
  if (first < 0xf0) {
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first > 0xf4 || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return continues(1) && continues(2) && continues(3) ? 4 : 0;
}

bool legal(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = utf8_size(text);
    if (size == 0 || first < 0x20 || first == 0x7f) return false;
    text.remove_prefix(size);
  }
  return true;
}

// Returns the end of what was written to `to`, or null.
char* decode(std::string_view raw, char* to) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      *to++ = raw[i];
      continue;
    }
    if (i + 2 >= raw.size()) return nullptr;
    const int high = hex_digit(raw[i + 1]);
    const int low = hex_digit(raw[i + 2]);
    if (high < 0 || low < 0) return nullptr;
    i += 2;
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '/') {
      std::memcpy(to, "%2F", 3);
      to += 3;
    } else {
      *to++ = byte;
    }
  }
  return to;
}

// In place, for a text that begins with a slash. Returns the new size, 0 when a ".." leaves the root.
std::size_t resolve_segments(char* text, std::size_t size) {
  std::size_t out = 0;  // text[0, out) is done and ends with a slash or is empty
  std::size_t in = 0;
  while (in < size) {
    ++in;  // the slash before the segment
    const std::size_t begin = in;
    while (in < size && text[in] != '/') ++in;
    const std::string_view segment(text + begin, in - begin);
    const bool last = in == size;
    if (out == 0) text[out++] = '/';
    if (segment == "..") {
      if (out == 1) return 0;
      --out;
      while (text[out - 1] != '/') --out;
    } else if (!segment.empty() && segment != ".") {
      std::memmove(text + out, segment.data(), segment.size());
      out += segment.size();
      if (!last) text[out++] = '/';
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> normalised_path(std::string_view raw, base::Arena& arena) {
  if (raw == "*") return raw;
  if (raw.empty() || raw.front() != '/') return std::nullopt;
  if (plain(raw)) return raw;
  auto* bytes = static_cast<char*>(arena.allocate(raw.size(), 1));
  const char* end = decode(raw, bytes);
  if (end == nullptr) return std::nullopt;
  const auto size = static_cast<std::size_t>(end - bytes);
  if (!legal({bytes, size})) return std::nullopt;
  const std::size_t resolved = resolve_segments(bytes, size);
  if (resolved == 0) return std::nullopt;
  return std::string_view(bytes, resolved);
}

}  // namespace kirsch::http
