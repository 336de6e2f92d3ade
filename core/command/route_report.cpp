// Text for people, an object for programs.
#include "command/route_report.h"

#include <algorithm>

#include "base/text.h"
#include "command/option_text.h"
#include "command/value_report.h"
#include "config/fields.h"
#include "loader/catalogue.h"

namespace kirsch::command {
namespace {

constexpr std::size_t label = 10;  // columns of "handler"
std::string class_text(const loader::HookUse& use) {
  return std::string(loader::word(use.execution)) + (use.failsafe ? ", failsafe" : "");
}

}  // namespace

std::string match_text(const config::Match& match) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  for (const auto& method : match.methods) add(method);
  for (std::size_t index = 0; index < match.clients.size(); ++index) {
    const base::Value network{match.clients[index], {}};
    add((index == 0 ? "from " : "or ") + value_text(network, config::network()));
  }
  for (const auto& field : match.headers)
    add((field.present ? "with " : "without ") + field.name + (field.value ? ": " + *field.value : ""));
  return text;
}

RouteReport::RouteReport(const server::Blueprint& blueprint, RouteAnswer answer, Places places)
    : blueprint_(blueprint),
      answer_(std::move(answer)),
      places_(std::move(places)),
      site_(blueprint.configuration.sites[answer_.site]),
      path_(site_.paths[*answer_.index]) {
  for (const auto& use : path_.tools) order_.push_back({&offer(use), use.priority.value_or(-1)});
}

const loader::Offer& RouteReport::offer(const config::ToolUse& use) const {
  return blueprint_.catalogue.find(loader::Kind::tool, use.name)->offer();
}

std::vector<PlacedValue> RouteReport::values(const std::shared_ptr<const base::Value>& options,
                                             const loader::Offer& offer) const {
  return placed_values(std::get<base::Structure>(options->data), offer.options, blueprint_.catalogue);
}

std::vector<PlacedValue> RouteReport::handler_values() const {
  return values(path_.handler->options, blueprint_.catalogue.find(loader::Kind::handler, path_.handler->name)->offer());
}

std::vector<pipeline::OrderedStep> RouteReport::steps(kirsch_hook point) const {
  return pipeline::ordered_steps(point, order_);
}

std::string RouteReport::outcome() const {
  switch (answer_.status) {
    case 308:
      return "308 to " + answer_.path + "/";
    case 404:
      return "404: no handler";
    case 405:
      return "405, Allow: " + answer_.allow;
    case 421:
      return "421: no site answers for this host";
    default:
      return {};
  }
}

void RouteReport::append_head(std::string& out) const {
  const auto& listener = blueprint_.configuration.listeners[answer_.listener];
  std::string hosts;
  for (const auto& host : site_.hosts) hosts += (hosts.empty() ? "" : ", ") + host.name;
  out += base::escaped(answer_.method + " " + answer_.host + answer_.path) + "\n";
  append_line(out, padded("listener", label) + listener.name + " (" + listener.bind + ")", places_(listener.origin));
  append_line(out, padded("site", label) + hosts, places_(site_.origin));
  append_line(out, padded("path", label) + path_.pattern, places_(path_.origin));
  for (const auto& match : path_.matches)
    append_line(out, padded("match", label) + match_text(match), places_(match.origin));
  for (const auto& [name, value] : answer_.params)
    out += base::escaped(padded("", label) + name + " = " + value) + "\n";
}

void RouteReport::append_handler(std::string& out, bool defaults) const {
  if (answer_.status != 0) {
    out += padded("answer", label) + base::escaped(outcome()) + "\n";
    return;
  }
  append_line(out, padded("handler", label) + path_.handler->name, places_(path_.handler->origin));
  append_values(out, handler_values(), places_, std::string(label + 2, ' '), defaults);
}

void RouteReport::append_tools(std::string& out, bool defaults) const {
  if (!path_.tools.empty()) out += "tools\n";
  for (const auto& use : path_.tools) {
    append_line(out, "  " + use.name, places_(use.origin));
    append_values(out, values(use.options, offer(use)), places_, "    ", defaults);
  }
}

void RouteReport::append_steps(std::string& out) const {
  if (!path_.tools.empty()) out += "order\n";
  for (std::uint32_t point = 0; point < KIRSCH_HOOKS; ++point) {
    const auto ordered = steps(static_cast<kirsch_hook>(point));
    if (!ordered.empty()) out.append("  ").append(loader::word(static_cast<kirsch_hook>(point))).append("\n");
    for (const auto& step : ordered)
      out += "    " + padded(std::to_string(step.priority), 5) + path_.tools[step.tool].name + " (" +
             class_text(*step.use) + ")\n";
  }
}

std::string RouteReport::text(bool defaults) const {
  std::string out;
  append_head(out);
  append_handler(out, defaults);
  append_tools(out, defaults);
  append_steps(out);
  return out;
}

void RouteReport::write_tools(JsonWriter& json) const {
  json.key("tools").open_array();
  for (const auto& use : path_.tools) {
    json.open_object().field("name", use.name).field("origin", places_(use.origin)).key("options").open_object();
    write_values(json, values(use.options, offer(use)), places_);
    json.close_object().close_object();
  }
  json.close_array();
}

void RouteReport::write_steps(JsonWriter& json) const {
  json.key("order").open_object();
  for (std::uint32_t point = 0; point < KIRSCH_HOOKS; ++point) {
    json.key(loader::word(static_cast<kirsch_hook>(point))).open_array();
    for (const auto& step : steps(static_cast<kirsch_hook>(point))) {
      json.open_object().field("tool", path_.tools[step.tool].name).field("priority", step.priority);
      json.field("class", loader::word(step.use->execution)).field("failsafe", step.use->failsafe).close_object();
    }
    json.close_array();
  }
  json.close_object();
}

std::string RouteReport::json() const {
  JsonWriter json;
  json.open_object().field("method", answer_.method).field("host", answer_.host).field("request_path", answer_.path);
  json.field("listener", blueprint_.configuration.listeners[answer_.listener].name);
  json.field("site", places_(site_.origin)).field("path", path_.pattern).field("origin", places_(path_.origin));
  json.key("params").open_object();
  for (const auto& [name, value] : answer_.params) json.field(name, value);
  json.close_object();
  if (answer_.status != 0) {
    json.field("status", answer_.status);
    if (!answer_.allow.empty()) json.field("allow", answer_.allow);
  } else {
    const auto& use = *path_.handler;
    json.key("handler").open_object().field("name", use.name).field("origin", places_(use.origin));
    json.key("options").open_object();
    write_values(json, handler_values(), places_);
    json.close_object().close_object();
  }
  write_tools(json);
  write_steps(json);
  return json.close_object().text();
}

}  // namespace kirsch::command
