// Separators, escapes (RFC 8259) and numbers.
#include "command/json.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace kirsch::command {

void JsonWriter::separate() {
  if (keyed_) {
    keyed_ = false;
    return;
  }
  if (depth_ == 0) return;
  out_ += fresh_ ? "\n" : ",\n";
  out_.append(2 * depth_, ' ');
  fresh_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  ++depth_;
  fresh_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  --depth_;
  if (!fresh_) out_.append("\n").append(2 * depth_, ' ');
  out_ += bracket;
  fresh_ = false;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ": ";
  keyed_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::strings(std::string_view name, const std::vector<std::string>& texts) {
  key(name).open_array();
  for (const auto& text : texts) string(text);
  return close_array();
}

void JsonWriter::quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out_ += '"';
  while (!text.empty()) {
    const auto fault = base::utf8_fault(text);
    for (const char c : text.substr(0, fault.value_or(text.size()))) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        (out_ += '\\') += c;
      } else if (byte < 0x20 || byte == 0x7f) {
        out_.append("\\u00").append({digits[byte >> 4], digits[byte & 15]});
      } else {
        out_ += c;
      }
    }
    text.remove_prefix(fault ? *fault + 1 : text.size());
    if (fault) out_ += "\xEF\xBF\xBD";
  }
  out_ += '"';
}

}  // namespace kirsch::command
