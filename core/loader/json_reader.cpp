// Typed access on top of Poco's dynamic values.
#include "loader/json_reader.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <cmath>

namespace kirsch::loader {
namespace {

// Deep enough for options in options in options; parsing and freeing recurse.
constexpr std::size_t depth_limit = 64;

constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

JsonReader JsonReader::document(std::string_view json) {
  // The parser would stop at a zero byte and accept what stands before it.
  if (json.find('\0') != std::string_view::npos) throw JsonFault{"holds a zero byte"};
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(depth_limit);
    JsonReader root(parser.parse(std::string(json)), {});
    if (root.value_.type() != typeid(Poco::JSON::Object::Ptr)) throw JsonFault{"is not a JSON object"};
    return root;
  } catch (const Poco::Exception& error) {
    throw JsonFault{"is not JSON: " + error.displayText()};
  }
}

std::string JsonReader::text() const {
  if (!value_.isString()) refuse("is not a string");
  return value_.extract<std::string>();
}

std::string JsonReader::spelled(std::size_t limit, std::string_view extra) const {
  std::string value = text();
  if (value.empty()) refuse("is empty");
  if (value.size() > limit) refuse("is longer than " + std::to_string(limit) + " bytes");
  for (const char byte : value)
    if (letters_and_digits.find(byte) == std::string_view::npos && extra.find(byte) == std::string_view::npos)
      refuse("holds a character that a name may not have");
  return value;
}

std::string JsonReader::name() const { return spelled(64, "_.-"); }

std::string JsonReader::identifier() const { return spelled(128, "_.-/"); }

bool JsonReader::boolean() const {
  if (!value_.isBoolean()) refuse("is not true or false");
  return value_.extract<bool>();
}

std::int64_t JsonReader::integer(std::int64_t minimum, std::int64_t maximum) const {
  if (value_.isBoolean() || !value_.isInteger()) refuse("is not an integer");
  std::int64_t value = 0;
  try {
    value = value_.convert<Poco::Int64>();
  } catch (const Poco::Exception&) {
    refuse("is too large");
  }
  if (value < minimum || value > maximum)
    refuse("is not within " + std::to_string(minimum) + " and " + std::to_string(maximum));
  return value;
}

double JsonReader::number() const {
  if (value_.isBoolean() || value_.isString() || !value_.isNumeric()) refuse("is not a number");
  const double value = value_.convert<double>();
  if (!std::isfinite(value)) refuse("is too large");
  return value;
}

std::vector<JsonReader> JsonReader::elements() const {
  if (value_.type() != typeid(Poco::JSON::Array::Ptr)) refuse("is not a list");
  std::vector<JsonReader> list;
  const auto& array = *value_.extract<Poco::JSON::Array::Ptr>();
  for (const auto& element : array) {
    std::string path = path_ + "[" + std::to_string(list.size()) + "]";
    list.push_back(JsonReader(element, std::move(path)));
  }
  return list;
}

std::optional<JsonReader> JsonReader::member(const char* key) const {
  if (value_.type() != typeid(Poco::JSON::Object::Ptr)) refuse("is not an object");
  const auto& object = *value_.extract<Poco::JSON::Object::Ptr>();
  if (!object.has(key)) return std::nullopt;
  return JsonReader(object.get(key), path_.empty() ? key : path_ + "." + key);
}

JsonReader JsonReader::required(const char* key) const {
  auto found = member(key);
  if (!found) throw JsonFault{(path_.empty() ? std::string(key) : path_ + "." + key) + " is missing"};
  return *std::move(found);
}

std::string JsonReader::text_or_empty(const char* key) const {
  const auto found = member(key);
  return found ? found->text() : std::string();
}

bool JsonReader::boolean_or(const char* key, bool absent) const {
  const auto found = member(key);
  return found ? found->boolean() : absent;
}

std::vector<JsonReader> JsonReader::elements_or_none(const char* key) const {
  const auto found = member(key);
  return found ? found->elements() : std::vector<JsonReader>();
}

void JsonReader::refuse(const std::string& reason) const {
  throw JsonFault{(path_.empty() ? std::string("the document") : path_) + " " + reason};
}

}  // namespace kirsch::loader
