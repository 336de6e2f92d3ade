// The explanation of one request: which path answers, with which tools in which order, and who said so.
#pragma once

#include <string>
#include <vector>

#include "command/json.h"
#include "command/route_query.h"
#include "pipeline/plan.h"
#include "server/blueprint.h"

namespace kirsch::command {

// "kirsch.yaml:12"; "default" for what nobody wrote.
std::string place(const base::Position& position);
// "GET HEAD from 10.0.0.0/8 with X-Beta: 1".
std::string match_text(const config::Match& match);
// With spaces behind it.
std::string padded(const std::string& text, std::size_t width);

class RouteReport {
 public:
  // `blueprint` must outlive it.
  RouteReport(const server::Blueprint& blueprint, RouteAnswer answer);

  std::string text(bool defaults) const;
  std::string json() const;

 private:
  // What runs at one hook point.
  std::vector<pipeline::OrderedStep> steps(kirsch_hook point) const;
  const loader::Offer& offer(const config::ToolUse& use) const;
  std::string outcome() const;
  void append_head(std::string& out) const;
  void append_handler(std::string& out, bool defaults) const;
  void append_tools(std::string& out, bool defaults) const;
  void append_steps(std::string& out) const;
  void write_tools(JsonWriter& json) const;
  void write_steps(JsonWriter& json) const;

  const server::Blueprint& blueprint_;
  const RouteAnswer answer_;
  const config::Site& site_;
  const config::Path& path_;
  std::vector<pipeline::ToolOrder> order_;
};

}  // namespace kirsch::command
