// The explanation of one request: which path answers, with which tools in which order, and who said so.
#pragma once

#include <string>
#include <vector>

#include "command/json.h"
#include "command/placed_value.h"
#include "command/places.h"
#include "command/route_query.h"
#include "pipeline/plan.h"
#include "server/blueprint.h"

namespace kirsch::command {

// "GET HEAD from 10.0.0.0/8 with X-Beta: 1".
std::string match_text(const config::Match& match);

class RouteReport {
 public:
  // `blueprint` must outlive it.
  RouteReport(const server::Blueprint& blueprint, RouteAnswer answer, Places places);

  std::string text(bool defaults) const;
  std::string json() const;

 private:
  // What runs at one hook point.
  std::vector<pipeline::OrderedStep> steps(kirsch_hook point) const;
  const loader::Offer& offer(const config::ToolUse& use) const;
  std::vector<PlacedValue> values(const std::shared_ptr<const base::Value>& options, const loader::Offer& offer) const;
  std::vector<PlacedValue> handler_values() const;
  std::string outcome() const;
  void append_head(std::string& out) const;
  void append_handler(std::string& out, bool defaults) const;
  void append_tools(std::string& out, bool defaults) const;
  void append_steps(std::string& out) const;
  void write_tools(JsonWriter& json) const;
  void write_steps(JsonWriter& json) const;

  const server::Blueprint& blueprint_;
  const RouteAnswer answer_;
  const Places places_;
  const config::Site& site_;
  const config::Path& path_;
  std::vector<pipeline::ToolOrder> order_;
};

}  // namespace kirsch::command
