// One node per segment.
#include "config/prefix_tree.h"

#include <algorithm>

namespace kirsch::config {

void PrefixTree::add(const PathPattern& pattern, std::size_t number) {
  std::size_t at = 0;
  for (const PathPattern::Segment& segment : pattern.segments()) at = child(at, segment);
  auto& known = pattern.is_prefix() ? nodes_[at].prefix : nodes_[at].exact;
  if (!known) known = number;
}

std::size_t PrefixTree::child(std::size_t node, const PathPattern::Segment& segment) {
  const std::size_t fresh = nodes_.size();
  std::size_t found = fresh;
  if (segment.parameter) {
    if (!nodes_[node].parameter) nodes_[node].parameter = fresh;
    found = *nodes_[node].parameter;
  } else {
    found = nodes_[node].literals.try_emplace(segment.text, fresh).first->second;
  }
  if (found == fresh) nodes_.emplace_back();
  return found;
}

PrefixTree::Above PrefixTree::above(const PathPattern& pattern) const {
  Above result;
  collect(0, pattern, 0, {}, result);
  return result;
}

void PrefixTree::collect(std::size_t node, const PathPattern& pattern, std::size_t depth, Way way, Above& above) const {
  const auto& segments = pattern.segments();
  const bool whole = depth == segments.size();
  // /api/ does not hold /api, but / holds the root alone.
  const bool holds = !whole || pattern.is_prefix() || segments.empty();
  if (const auto& number = nodes_[node].prefix; number && holds)
    (way.crossed ? above.crossing : above.covering).push_back(*number);
  if (const auto& number = nodes_[node].exact; number && whole && !pattern.is_prefix() && way.crossed && way.widened)
    above.crossing.push_back(*number);
  if (whole) return;
  const PathPattern::Segment& segment = segments[depth];
  if (nodes_[node].parameter)
    collect(*nodes_[node].parameter, pattern, depth + 1, {way.crossed, way.widened || !segment.parameter}, above);
  if (segment.parameter) {
    for (const auto& [text, next] : nodes_[node].literals)
      collect(next, pattern, depth + 1, {true, way.widened}, above);
  } else if (const auto next = nodes_[node].literals.find(segment.text); next != nodes_[node].literals.end()) {
    collect(next->second, pattern, depth + 1, way, above);
  }
}

}  // namespace kirsch::config
