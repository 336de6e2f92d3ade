// The pattern of a path: its syntax, and which patterns lie below which.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/scalars.h"

namespace kirsch::config {

// "/api/" stands for everything below, "/about" for that path alone, "= /" for the root alone; {name} is one segment.
// The same rules as those of the router: a pattern is written as requests are routed, decoded, with %2F for a slash
// inside of a segment.
class PathPattern {
 public:
  struct Segment {
    std::string text;  // literal, or the name
    bool parameter = false;
  };

  static constexpr std::size_t max_size = 4096;
  static constexpr std::size_t max_segments = 64;
  static constexpr std::size_t max_parameters = 16;

  static Parsed<PathPattern> parse(std::string_view text);

  const std::string& text() const { return text_; }
  const std::vector<Segment>& segments() const { return segments_; }
  bool is_prefix() const { return prefix_; }
  bool is_everything() const { return prefix_ && segments_.empty(); }

  // The same for patterns that match the same paths: the names of parameters are left out.
  std::string shape() const;

  // The shape of the pattern that matches what both do, where this prefix crosses `other` (see PrefixTree).
  std::string crossing(const PathPattern& other) const;

  // From the outermost to the innermost of those that cover the same pattern.
  friend bool operator<(const PathPattern& left, const PathPattern& right);

 private:
  std::string text_;
  std::vector<Segment> segments_;
  bool prefix_ = false;
};

}  // namespace kirsch::config
