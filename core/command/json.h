// JSON for programs: written in order, valid for any bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kirsch::command {

// Two spaces of indentation per level. The calls are those of a grammar: `key` before each value of an object.
class JsonWriter {
 public:
  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  // What is no UTF-8 becomes U+FFFD.
  JsonWriter& string(std::string_view text);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& integer(std::int64_t value) { return raw(std::to_string(value)); }
  JsonWriter& number(double value);
  JsonWriter& null() { return raw("null"); }

  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) JsonWriter& field(std::string_view name, Integer value) {
    return key(name).integer(static_cast<std::int64_t>(value));
  }
  JsonWriter& strings(std::string_view name, const std::vector<std::string>& texts);

  // With a line end.
  std::string text() const { return out_ + "\n"; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view text);
  void separate();
  void quote(std::string_view text);

  std::string out_;
  std::size_t depth_ = 0;
  bool fresh_ = true;   // nothing stands yet at this level
  bool keyed_ = false;  // a key waits for its value
};

}  // namespace kirsch::command
