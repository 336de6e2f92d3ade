// From patterns to the compact tree: checks them, grows a tree of drafts, lays it out level by level so that siblings
// are neighbours.
#include <set>
#include <utility>

#include "base/text.h"
#include "pipeline/router.h"

namespace kirsch::pipeline {

namespace {

[[noreturn]] void refuse(std::string_view pattern, std::string_view message, std::string help,
                         const std::optional<base::Position>& position) {
  base::Diagnostic diagnostic;
  diagnostic.code = "P001";
  diagnostic.message = "path '" + std::string(pattern) + "' " + std::string(message);
  diagnostic.help = std::move(help);
  diagnostic.position = position;
  throw base::Refusal(std::move(diagnostic));
}

// Why no normalised path can have this segment; empty: it can.
std::string_view fault(std::string_view segment) {
  if (segment.empty()) return "has an empty segment, which no normalised path has";
  if (segment == "." || segment == "..") return "has a dot segment, which no normalised path has";
  for (const char c : segment) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return "holds a control character";
    if (c == '?' || c == '#') return "holds a query or fragment, which is no part of a path";
    if (c == '{' || c == '}') return "has braces that are not {name} as a whole segment";
  }
  return {};
}

}  // namespace

void Router::Builder::add(std::string_view pattern, std::uint32_t target,
                          const std::optional<base::Position>& position) {
  const bool root = pattern == "= /";
  if (!root && !pattern.starts_with('/'))
    refuse(pattern, "does not begin with a slash", "write a path such as /about, or '= /' for the root alone",
           position);
  if (pattern.size() > max_pattern_size) refuse(pattern.substr(0, 64), "is too long", "", position);

  Pattern parsed{{}, !root && pattern.ends_with('/'), target};
  std::string shape = root ? "= /" : "/";
  std::string_view rest = root ? std::string_view() : pattern.substr(1);
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('/'));
    parsed.segments.push_back(segment(pattern, text, position));
    shape += parsed.segments.back().parameter ? "{}" : text;
    rest.remove_prefix(text.size());
    if (rest.empty()) break;
    shape += '/';
    rest.remove_prefix(1);
  }
  check(pattern, parsed.segments, position);
  const auto [known, fresh] = known_.try_emplace(std::move(shape), pattern);
  if (!fresh) refuse(pattern, "matches the same as '" + known->second + "'", "remove one of them", position);
  patterns_.push_back(std::move(parsed));
}

Router::Builder::Segment Router::Builder::segment(std::string_view pattern, std::string_view text,
                                                  const std::optional<base::Position>& position) {
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
    const std::string_view name = text.substr(1, text.size() - 2);
    if (!base::is_name(name))
      refuse(pattern, "has a {name} that is no name", "use letters, digits and _, no digit first", position);
    return {std::string(name), true};
  }
  if (const std::string_view why = fault(text); !why.empty()) refuse(pattern, why, "", position);
  return {std::string(text), false};
}

void Router::Builder::check(std::string_view pattern, const std::vector<Segment>& segments,
                            const std::optional<base::Position>& position) {
  if (segments.size() > max_segments) refuse(pattern, "has more than 64 segments", "", position);
  std::set<std::string_view> names;
  for (const Segment& one : segments) {
    if (one.parameter && !names.insert(one.text).second)
      refuse(pattern, "has {" + one.text + "} twice", "give each a name of its own", position);
  }
  if (names.size() > max_parameters) refuse(pattern, "has more than 16 {name} segments", "", position);
}

struct Router::Builder::Draft {
  std::string edge;
  std::vector<std::uint32_t> children = {};
  std::uint32_t parameter = none;
  std::uint32_t exact = none;
  std::uint32_t prefix = none;
};

class Router::Builder::Tree {
 public:
  explicit Tree(Router& router) : router_(router) {}

  void insert(const Pattern& pattern);
  void lay_out();

 private:
  std::uint32_t place(std::uint32_t from);
  std::uint32_t follow(std::uint32_t at, std::string_view text);
  std::uint32_t follow_parameter(std::uint32_t at);
  std::uint32_t child_of(std::uint32_t at, char first, std::size_t& slot) const;
  std::uint32_t route(const Pattern& pattern, std::uint32_t parameters, bool redirect);
  std::uint32_t append(std::string_view text);

  Router& router_;
  std::vector<Draft> drafts_ = std::vector<Draft>(1);
};

Router Router::Builder::build() const {
  Router router;
  Tree tree(router);
  for (const Pattern& pattern : patterns_) tree.insert(pattern);
  tree.lay_out();
  for (std::uint32_t index = 0; index < router.routes_.size(); ++index) {
    const Route& route = router.routes_[index];
    if (route.redirect) continue;
    if (route.target >= router.route_of_target_.size()) router.route_of_target_.resize(route.target + 1, none);
    router.route_of_target_[route.target] = index;
  }
  return router;
}

void Router::Builder::Tree::insert(const Pattern& pattern) {
  const auto parameters = static_cast<std::uint32_t>(router_.parameters_.size());
  std::uint32_t at = 0;
  std::string literal;
  for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
    const Segment& segment = pattern.segments[i];
    literal += '/';
    if (!segment.parameter) {
      literal += segment.text;
      continue;
    }
    at = follow_parameter(follow(at, std::exchange(literal, {})));
    router_.parameters_.push_back(
        {append(segment.text), static_cast<std::uint16_t>(segment.text.size()), static_cast<std::uint16_t>(i)});
  }
  const bool root = pattern.segments.empty();
  at = follow(at, root && !pattern.prefix ? "/" : literal);
  if (!pattern.prefix) {
    drafts_[at].exact = route(pattern, parameters, false);  // instead of a redirect, if there is one
    return;
  }
  if (!root && drafts_[at].exact == none) drafts_[at].exact = route(pattern, parameters, true);
  drafts_[follow(at, "/")].prefix = route(pattern, parameters, false);
}

// The node behind `text`, made and split off where it is missing.
std::uint32_t Router::Builder::Tree::follow(std::uint32_t at, std::string_view text) {
  while (!text.empty()) {
    std::size_t slot = 0;
    const auto fresh = static_cast<std::uint32_t>(drafts_.size());
    const std::uint32_t child = child_of(at, text.front(), slot);
    if (child == none) {
      drafts_.push_back({.edge = std::string(text)});
      drafts_[at].children.push_back(fresh);
      return fresh;
    }
    const std::string_view edge = drafts_[child].edge;
    const auto common = static_cast<std::size_t>(
        std::mismatch(edge.begin(), edge.end(), text.begin(), text.end()).first - edge.begin());
    text.remove_prefix(common);
    if (common == edge.size()) {
      at = child;
      continue;
    }
    drafts_.push_back({.edge = std::string(edge.substr(0, common)), .children = {child}});
    drafts_[child].edge.erase(0, common);
    drafts_[at].children[slot] = fresh;
    at = fresh;
  }
  return at;
}

std::uint32_t Router::Builder::Tree::follow_parameter(std::uint32_t at) {
  if (drafts_[at].parameter == none) {
    drafts_[at].parameter = static_cast<std::uint32_t>(drafts_.size());
    drafts_.emplace_back();
  }
  return drafts_[at].parameter;
}

std::uint32_t Router::Builder::Tree::child_of(std::uint32_t at, char first, std::size_t& slot) const {
  const auto& children = drafts_[at].children;
  for (slot = 0; slot < children.size(); ++slot) {
    if (drafts_[children[slot]].edge.front() == first) return children[slot];
  }
  return none;
}

std::uint32_t Router::Builder::Tree::route(const Pattern& pattern, std::uint32_t parameters, bool redirect) {
  router_.routes_.push_back({pattern.target, parameters,
                             static_cast<std::uint8_t>(router_.parameters_.size() - parameters),
                             static_cast<std::uint8_t>(pattern.segments.size()), redirect});
  return static_cast<std::uint32_t>(router_.routes_.size() - 1);
}

std::uint32_t Router::Builder::Tree::append(std::string_view text) {
  const auto offset = static_cast<std::uint32_t>(router_.text_.size());
  router_.text_ += text;
  return offset;
}

void Router::Builder::Tree::lay_out() {
  place(0);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open = {{0, 0}};  // node, draft
  while (!open.empty()) {
    const auto [at, from] = open.back();
    open.pop_back();
    const Draft& draft = drafts_[from];
    router_.nodes_[at].children = static_cast<std::uint32_t>(router_.nodes_.size());
    for (const std::uint32_t child : draft.children) open.emplace_back(place(child), child);
    if (draft.parameter == none) continue;
    open.emplace_back(place(draft.parameter), draft.parameter);
    router_.nodes_[at].parameter = open.back().first;
  }
}

// Appends the node of a draft, its children to follow.
std::uint32_t Router::Builder::Tree::place(std::uint32_t from) {
  const Draft& draft = drafts_[from];
  router_.nodes_.push_back({.edge = append(draft.edge),
                            .edge_size = static_cast<std::uint16_t>(draft.edge.size()),
                            .child_count = static_cast<std::uint16_t>(draft.children.size()),
                            .children = 0,
                            .parameter = none,
                            .exact = draft.exact,
                            .prefix = draft.prefix});
  router_.first_bytes_ += draft.edge.empty() ? '\0' : draft.edge.front();
  return static_cast<std::uint32_t>(router_.nodes_.size() - 1);
}

}  // namespace kirsch::pipeline
