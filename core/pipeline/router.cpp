// The look-up: literal before {name} at every segment, with the places to come back to on a stack of fixed size.
#include "pipeline/router.h"

#include <algorithm>
#include <cstring>

namespace kirsch::pipeline {

std::optional<Router::Match> Router::find(std::string_view path) const noexcept {
  std::optional<Match> match;
  const Route* route = best(path);
  if (!route) return match;
  match.emplace();
  match->target = route->target;
  match->redirect_to_slash = route->redirect;
  capture(path, *route, *match);
  return match;
}

Router::Match Router::match(std::uint32_t target, std::string_view path) const noexcept {
  Match match;
  match.target = target;
  capture(path, route_of(target), match);
  return match;
}

const Router::Route* Router::best(std::string_view path) const noexcept {
  if (nodes_.empty()) return nullptr;
  // One per segment of the pattern that is being followed, at most.
  std::array<Place, max_segments> pending;
  std::size_t pending_count = 0;
  const Route* prefix = nullptr;
  // Literal places come first, so among equals the first one stays.
  const auto offer = [&](const Route& route) {
    if (!prefix || route.segment_count > prefix->segment_count) prefix = &route;
  };
  Place at{0, 0};
  for (;;) {
    const Node& node = nodes_[at.node];
    if (node.prefix != none) offer(routes_[node.prefix]);
    std::uint32_t literal = none;
    std::uint32_t parameter = none;
    if (at.consumed < path.size()) {
      literal = literal_child(node, path.substr(at.consumed));
      if (path[at.consumed] != '/') parameter = node.parameter;
    } else if (node.exact != none) {
      const Route& route = routes_[node.exact];
      if (!route.redirect) return &route;
      offer(route);
    }
    if (literal != none) {
      if (parameter != none) pending[pending_count++] = {parameter, at.consumed};
      at = {literal, at.consumed + nodes_[literal].edge_size};
      continue;
    }
    if (parameter == none) {
      if (pending_count == 0) return prefix;
      at = pending[--pending_count];
      parameter = at.node;
    }
    at = {parameter, std::min(path.find('/', at.consumed), path.size())};
  }
}

std::uint32_t Router::literal_child(const Node& node, std::string_view rest) const noexcept {
  if (node.child_count == 0) return none;
  const char* first = first_bytes_.data() + node.children;
  std::uint32_t child = node.children;
  if (*first != rest.front()) {  // chains of single children are common
    const void* found = std::memchr(first, static_cast<unsigned char>(rest.front()), node.child_count);
    if (!found) return none;
    child += static_cast<std::uint32_t>(static_cast<const char*>(found) - first);
  }
  const Node& next = nodes_[child];
  if (next.edge_size == 1) return child;  // its only byte is known to match
  return rest.starts_with(std::string_view(text_.data() + next.edge, next.edge_size)) ? child : none;
}

void Router::capture(std::string_view path, const Route& route, Match& match) const noexcept {
  std::size_t begin = 1;
  std::uint16_t segment = 0;
  for (std::uint32_t i = route.parameters; i < route.parameters + route.parameter_count; ++i) {
    const Parameter& parameter = parameters_[i];
    for (; segment < parameter.segment; ++segment) begin = path.find('/', begin) + 1;
    const std::size_t size = std::min(path.find('/', begin), path.size()) - begin;
    match.captures_[match.count_++] = {{text_.data() + parameter.name, parameter.name_size},
                                       {path.data() + begin, size}};
  }
}

}  // namespace kirsch::pipeline
