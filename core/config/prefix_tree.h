// The paths of a site by their segments: which of them lie above a path, or across it, is found without looking at all.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/path_pattern.h"

namespace kirsch::config {

class PrefixTree {
 public:
  // `number` is how the caller knows it. Of several with one shape the first counts.
  void add(const PathPattern& pattern, std::size_t number);

  struct Above {
    std::vector<std::size_t> covering;  // prefixes: all that `pattern` matches lies below them; a prefix covers itself
    std::vector<std::size_t>
        crossing;  // some of it does, /{user}/x and /admin/, or is theirs, too: /u/{id} and /{a}/me
  };
  Above above(const PathPattern& pattern) const;

 private:
  struct Node {
    std::map<std::string, std::size_t, std::less<>> literals;
    std::optional<std::size_t> parameter;
    std::optional<std::size_t> prefix, exact;  // the numbers of the patterns that end here
  };
  // How the pattern that is looked up differs from the way into the tree.
  struct Way {
    bool crossed = false;  // a {name} of it met a literal
    bool widened = false;  // a literal of it met a {name}
  };

  std::size_t child(std::size_t node, const PathPattern::Segment& segment);
  void collect(std::size_t node, const PathPattern& pattern, std::size_t depth, Way way, Above& above) const;

  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace kirsch::config
