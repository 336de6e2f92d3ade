// Which route of a site answers a normalised path: a compact radix tree, built once, immutable, without allocation in a
// lookup.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "kirsch/abi.h"

namespace kirsch::pipeline {

// Patterns, and what wins where several match:
//   /about       that path alone                     exact before prefix; among exact ones, and among prefixes of one
//   length, = /          the root alone                      the one that is literal at the first segment where they
//   differ; /api/        everything below; /api redirects    the prefix of more segments. The redirect counts as its
//   prefix. {name}       one whole, non-empty segment
class Router {
 public:
  static constexpr std::size_t max_parameters = 16;
  static constexpr std::size_t max_segments = 64;
  static constexpr std::size_t max_pattern_size = 4096;

  // Views live as long as the router stays where it is and the path lives.
  class Match {
   public:
    Match() {}  // a defaulted one would clear captures_
    Match(const Match& other) { *this = other; }
    Match& operator=(const Match& other) {  // a defaulted one would copy half a KiB
      target = other.target;
      redirect_to_slash = other.redirect_to_slash;
      count_ = other.count_;
      std::copy_n(other.captures_.begin(), count_, captures_.begin());
      return *this;
    }

    std::uint32_t target = 0;
    bool redirect_to_slash = false;  // the path lacks its last slash: answer 308 to path + "/"

    // Names (of the router) and values (of the path) of {name} segments, in their order: kirsch_request.params as it
    // is.
    std::span<const kirsch_pair> captures() const { return {captures_.data(), count_}; }

   private:
    friend class Router;
    std::size_t count_ = 0;
    std::array<kirsch_pair, max_parameters> captures_;  // only what is counted is written
  };

  class Builder;

  Router() = default;  // matches nothing

  // `path` begins with a slash; anything else matches nothing. Any thread.
  // Cost: one walk down the tree, O(size of path), and one walk more per place where a literal and a {name} both fit.
  // Each node is visited at most once, so the number of walks is bounded by the patterns with a {name}, never by the
  // client.
  std::optional<Match> find(std::string_view path) const noexcept;

  // As if the pattern of `target` alone were there; `path` must fit it.
  Match match(std::uint32_t target, std::string_view path) const noexcept;

  struct Route {
    std::uint32_t target;
    std::uint32_t parameters;  // parameters_[parameters] and following
    std::uint8_t parameter_count;
    std::uint8_t segment_count;  // without the empty one behind a last slash
    bool redirect;
  };
  // What `find` finds, without its captures, which `capture` then adds to an empty match. Null: nothing.
  const Route* best(std::string_view path) const noexcept;
  void capture(std::string_view path, const Route& route, Match& match) const noexcept;
  const Route& route_of(std::uint32_t target) const noexcept { return routes_[route_of_target_[target]]; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct Node {
    std::uint32_t edge;         // where its text stands in text_
    std::uint16_t edge_size;    // empty for the root and for {name}
    std::uint16_t child_count;  // literal children, nodes_[children] and following; their first bytes in first_bytes_
    std::uint32_t children;
    std::uint32_t parameter;  // the child that is a {name}, or none
    std::uint32_t exact;      // the route of a path that ends here, or none
    std::uint32_t prefix;     // the route of what lies below, or none; only where the text ends in a slash
  };
  static_assert(sizeof(Node) == 24);

  struct Parameter {
    std::uint32_t name;  // in text_
    std::uint16_t name_size;
    std::uint16_t segment;  // of the path
  };

  // A node and how much of the path is consumed when it is reached; for a {name}, when its segment begins.
  struct Place {
    std::uint32_t node;
    std::size_t consumed;
  };

  std::uint32_t literal_child(const Node& node, std::string_view rest) const noexcept;

  std::vector<Node> nodes_;
  std::string first_bytes_;  // one per node
  std::string text_;
  std::vector<Route> routes_;
  std::vector<Parameter> parameters_;
  std::vector<std::uint32_t> route_of_target_;
};

// Collects the patterns of a site. One thread, while a configuration is built.
class Router::Builder {
 public:
  // Throws base::Refusal (with `position`) for what is no pattern, or matches the same paths as an earlier one.
  void add(std::string_view pattern, std::uint32_t target, const std::optional<base::Position>& position = {});
  Router build() const;

 private:
  struct Segment {
    std::string text;  // literal, or the name
    bool parameter;
  };
  struct Pattern {
    std::vector<Segment> segments;
    bool prefix;
    std::uint32_t target;
  };
  static Segment segment(std::string_view pattern, std::string_view text,
                         const std::optional<base::Position>& position);
  static void check(std::string_view pattern, const std::vector<Segment>& segments,
                    const std::optional<base::Position>& position);

  struct Draft;  // a node while the tree grows
  class Tree;

  std::vector<Pattern> patterns_;
  std::map<std::string, std::string> known_;  // pattern without the names in it → as written
};

}  // namespace kirsch::pipeline
