// Strict, typed access to parsed JSON that knows where in the document it is, so that a fault names the field.
#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kirsch::loader {

// Half a sentence that begins with the path of a field. Thrown and caught within the manifest reader.
struct JsonFault {
  std::string text;
};

class JsonReader {
 public:
  // Parses an object; nesting is limited. Throws JsonFault.
  static JsonReader document(std::string_view json);

  // Each throws JsonFault if the value is of another type.
  std::string text() const;
  std::string name() const;        // 1 to 64 of A-Z a-z 0-9 _ . -
  std::string identifier() const;  // a name that may have slashes, up to 128: "kirsch/log/1"
  bool boolean() const;
  std::int64_t integer(std::int64_t minimum, std::int64_t maximum) const;
  double number() const;
  std::vector<JsonReader> elements() const;

  // Members of an object. `member` is none if absent.
  std::optional<JsonReader> member(const char* key) const;
  JsonReader required(const char* key) const;
  std::string text_or_empty(const char* key) const;
  bool boolean_or(const char* key, bool absent) const;
  std::vector<JsonReader> elements_or_none(const char* key) const;

  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  JsonReader(Poco::Dynamic::Var value, std::string path) : value_(std::move(value)), path_(std::move(path)) {}
  std::string spelled(std::size_t limit, std::string_view extra) const;

  Poco::Dynamic::Var value_;
  std::string path_;
};

}  // namespace kirsch::loader
