// Values and their places as lines for people and as an object for programs.
#pragma once

#include <string>
#include <vector>

#include "command/json.h"
#include "command/placed_value.h"
#include "command/places.h"

namespace kirsch::command {

// A line of a report: what is said, and behind it who says so.
void append_line(std::string& out, const std::string& text, const std::string& place);
// With spaces behind it.
std::string padded(const std::string& text, std::size_t width);

// One line for each value that somebody wrote (or for each, with `defaults`). What has parts has them below it, unless
// it is a list or a map that stands on one line of a file.
void append_values(std::string& out, const std::vector<PlacedValue>& values, const Places& places,
                   const std::string& indentation, bool defaults);

// The entries of an object, without its braces.
void write_values(JsonWriter& json, const std::vector<PlacedValue>& values, const Places& places);

}  // namespace kirsch::command
