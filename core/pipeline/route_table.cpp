// The chain of paths behind a pattern: the first whose conditions hold.
#include "pipeline/route_table.h"

#include <utility>

namespace kirsch::pipeline {
namespace {

enum class Fit : std::uint8_t { all, all_but_method, none };

Fit fit(const std::vector<Condition>& conditions, const kirsch_request& request, const kirsch_address& peer) noexcept {
  Fit result = Fit::all;
  for (const Condition& condition : conditions) {
    if (!condition.rest_holds(request, peer)) return Fit::none;
    if (!condition.method_holds(request)) result = Fit::all_but_method;
  }
  return result;
}

Methods common_methods(const std::vector<Condition>& conditions) noexcept {
  Methods common = ~Methods{0};
  for (const Condition& condition : conditions) {
    if (condition.methods != 0) common &= condition.methods;
  }
  return common;
}

}  // namespace

RouteMatch RouteTable::find(const kirsch_request& request, const kirsch_address& peer) const noexcept {
  const std::string_view target(request.path.data, request.path.size);
  RouteMatch result;
  const Router::Route* const found = router_.best(target);
  if (found == nullptr) return result;
  Methods allowed = 0;
  std::uint32_t index = found->target;
  for (; index != none; index = paths_[index].otherwise) {
    const Path& path = paths_[index];
    if (path.conditions.empty()) break;
    result.conditional = true;
    const Fit how = fit(path.conditions, request, peer);
    if (how == Fit::all) break;
    if (how == Fit::all_but_method && path.answers) allowed |= common_methods(path.conditions);
  }
  if (index == none) {
    result.allowed = allowed;
    return result;
  }
  const Path& path = paths_[index];
  const bool own = path.pattern == found->target;
  result.path = index;
  result.redirect_to_slash = own && found->redirect;
  if (!path.answers && !result.redirect_to_slash) result.allowed = allowed;
  router_.capture(target, own ? *found : router_.route_of(path.pattern), result.match);
  return result;
}

void RouteTable::Builder::add(Entry entry) {
  const auto index = static_cast<std::uint32_t>(table_.paths_.size());
  std::uint32_t pattern = index;
  if (entry.routed) {
    router_.add(entry.pattern, index, entry.position);
    routed_.emplace(entry.pattern, index);
  } else if (const auto first = routed_.find(entry.pattern); first != routed_.end()) {
    pattern = first->second;
  }
  table_.paths_.push_back({std::move(entry.conditions), pattern, entry.otherwise.value_or(none), entry.answers});
}

RouteTable RouteTable::Builder::build() && {
  table_.router_ = router_.build();
  return std::move(table_);
}

}  // namespace kirsch::pipeline
