// Which path of a site answers a request: the router's choice, then what each path demands beside its pattern.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "pipeline/condition.h"
#include "pipeline/router.h"

namespace kirsch::pipeline {

struct RouteMatch {
  // An index in the order of RouteTable::Builder::add. None: no pattern and no condition fits.
  std::optional<std::uint32_t> path;
  bool redirect_to_slash = false;
  bool conditional = false;  // more than the path of the request was looked at
  // Not 0: `path` answers nothing of its own, but other methods of the same target would be answered: 405.
  Methods allowed = 0;
  Router::Match match;  // of `path`

  std::span<const kirsch_pair> captures() const { return match.captures(); }
};

// Built once, immutable; any thread.
class RouteTable {
 public:
  class Builder;

  // Views as those of Router::Match. `request.path` is normalised.
  RouteMatch find(const kirsch_request& request, const kirsch_address& peer) const noexcept;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct Path {
    std::vector<Condition> conditions;  // all must hold
    std::uint32_t pattern;              // the target of its pattern in the router
    std::uint32_t otherwise;            // which path is tried next, or none
    bool answers;
  };

  Router router_;
  std::vector<Path> paths_;
};

class RouteTable::Builder {
 public:
  struct Entry {
    std::string_view pattern;
    std::vector<Condition> conditions = {};
    std::optional<std::uint32_t> otherwise = {};  // an index, of a path that comes before or after this one
    bool answers = true;                          // it has a handler
    bool routed = true;                           // false: reached as the `otherwise` of others only
    std::optional<base::Position> position = {};
  };

  // Of several with one pattern the first is the routed one. Throws base::Refusal (with the position) for what is no
  // pattern.
  void add(Entry entry);
  RouteTable build() &&;

 private:
  RouteTable table_;
  Router::Builder router_;
  std::map<std::string, std::uint32_t, std::less<>> routed_;  // pattern → path
};

}  // namespace kirsch::pipeline
