// The same tree twice.
#include "command/value_report.h"

#include <algorithm>

#include "base/text.h"

namespace kirsch::command {
namespace {

using Shape = PlacedValue::Shape;

constexpr std::size_t column = 50;  // where places stand

bool same_line(const base::Position& one, const base::Position& other) {
  return one.file == other.file && one.line == other.line;
}

// Nothing of it needs a line of its own.
bool fits_one_line(const PlacedValue& value) {
  if (value.shape == Shape::single) return true;
  if (value.shape != Shape::list && value.shape != Shape::map) return false;
  return std::ranges::all_of(value.parts, [&](const PlacedValue& part) {
    return same_line(part.origin, value.origin) && fits_one_line(part);
  });
}

void append_value(std::string& out, const PlacedValue& value, const Places& places, const std::string& indentation,
                  bool defaults) {
  if (value.origin.file.empty() && !defaults) return;
  const auto line = [&](const std::string& text) { append_line(out, indentation + text, places(value.origin)); };
  if (fits_one_line(value)) return line((value.name.empty() ? "- " : value.name + ": ") + value.text);
  const auto start = out.size();
  append_values(out, value.parts, places, indentation + "  ", defaults);
  const std::string parts = out.substr(start);
  out.resize(start);
  const bool bare = parts.empty();
  line((value.name.empty() ? "-" : value.name) + (bare ? value.name.empty() ? " {}" : ": {}" : ""));
  out += parts;
}

void write_value(JsonWriter& json, const PlacedValue& value, const Places& places) {
  json.open_object().field("value", value.text).field("origin", places(value.origin));
  switch (value.shape) {
    case Shape::single:
      break;
    case Shape::list:
      json.key("items").open_array();
      for (const auto& part : value.parts) write_value(json, part, places);
      json.close_array();
      break;
    case Shape::provider:
      json.field("provider", value.parts.front().name).key("options").open_object();
      write_values(json, value.parts.front().parts, places);
      json.close_object();
      break;
    default:
      json.key(value.shape == Shape::map ? "entries" : "options").open_object();
      write_values(json, value.parts, places);
      json.close_object();
  }
  json.close_object();
}

}  // namespace

std::string padded(const std::string& text, std::size_t width) {
  const auto taken = base::width(text);
  return text + std::string(width > taken ? width - taken : 0, ' ');
}

void append_line(std::string& out, const std::string& text, const std::string& place) {
  out += padded(base::escaped(text), column) + "  " + base::escaped(place) + "\n";
}

void append_values(std::string& out, const std::vector<PlacedValue>& values, const Places& places,
                   const std::string& indentation, bool defaults) {
  for (const auto& value : values) append_value(out, value, places, indentation, defaults);
}

void write_values(JsonWriter& json, const std::vector<PlacedValue>& values, const Places& places) {
  for (const auto& value : values) {
    json.key(value.name);
    write_value(json, value, places);
  }
}

}  // namespace kirsch::command
