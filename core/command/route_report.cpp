// Text for people, an object for programs.
#include "command/route_report.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "command/option_text.h"
#include "config/fields.h"
#include "loader/catalogue.h"

namespace kirsch::command {
namespace {

constexpr std::size_t label = 10;   // columns of "handler"
constexpr std::size_t column = 50;  // where places stand

void append_line(std::string& out, const std::string& text, const base::Position& origin) {
  out += padded(base::escaped(text), column) + "  " + place(origin) + "\n";
}

// One line per value that somebody wrote (or per value), structures with their parts below them.
void append_values(std::string& out, const base::Structure& values, const std::vector<base::Option>& options,
                   const std::string& indentation, bool defaults) {
  for (std::size_t index = 0; index < options.size(); ++index) {
    const auto& option = options[index];
    const auto& value = values.values[index];
    if (value.origin.file.empty() && !defaults) continue;
    const auto* parts = std::get_if<base::Structure>(&value.data);
    if (parts != nullptr && option.schema.type == base::OptionType::structure) {
      append_line(out, indentation + option.name, value.origin);
      append_values(out, *parts, option.schema.options, indentation + "  ", defaults);
    } else {
      append_line(out, indentation + option.name + ": " + value_text(value, option.schema), value.origin);
    }
  }
}

void write_values(JsonWriter& json, const base::Structure& values, const std::vector<base::Option>& options) {
  json.key("options").open_object();
  for (std::size_t index = 0; index < options.size(); ++index) {
    const auto& value = values.values[index];
    json.key(options[index].name).open_object();
    json.field("value", value_text(value, options[index].schema)).field("origin", place(value.origin));
    const auto* parts = std::get_if<base::Structure>(&value.data);
    if (parts != nullptr && options[index].schema.type == base::OptionType::structure)
      write_values(json, *parts, options[index].schema.options);
    json.close_object();
  }
  json.close_object();
}

const base::Structure& structure(const std::shared_ptr<const base::Value>& options) {
  return std::get<base::Structure>(options->data);
}

std::string class_text(const loader::HookUse& use) {
  return std::string(loader::word(use.execution)) + (use.failsafe ? ", failsafe" : "");
}

}  // namespace

std::string padded(const std::string& text, std::size_t width) {
  const auto taken = base::width(text);
  return text + std::string(width > taken ? width - taken : 0, ' ');
}

std::string place(const base::Position& position) {
  if (position.file.empty() || position.line == 0) return "default";
  return std::filesystem::path(position.file).filename().string() + ":" + std::to_string(position.line);
}

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

RouteReport::RouteReport(const server::Blueprint& blueprint, RouteAnswer answer)
    : blueprint_(blueprint),
      answer_(std::move(answer)),
      site_(blueprint.configuration.sites[answer_.site]),
      path_(site_.paths[*answer_.index]) {
  for (const auto& use : path_.tools) order_.push_back({&offer(use), use.priority.value_or(-1)});
}

const loader::Offer& RouteReport::offer(const config::ToolUse& use) const {
  return blueprint_.catalogue.find(loader::Kind::tool, use.name)->offer();
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
  append_line(out, padded("listener", label) + listener.name + " (" + listener.bind + ")", listener.origin);
  append_line(out, padded("site", label) + hosts, site_.origin);
  append_line(out, padded("path", label) + path_.pattern, path_.origin);
  for (const auto& match : path_.matches) append_line(out, padded("match", label) + match_text(match), match.origin);
  for (const auto& [name, value] : answer_.params)
    out += base::escaped(padded("", label) + name + " = " + value) + "\n";
}

void RouteReport::append_handler(std::string& out, bool defaults) const {
  if (answer_.status != 0) {
    out += padded("answer", label) + base::escaped(outcome()) + "\n";
    return;
  }
  const auto& use = *path_.handler;
  append_line(out, padded("handler", label) + use.name, use.origin);
  append_values(out, structure(use.options),
                blueprint_.catalogue.find(loader::Kind::handler, use.name)->offer().options,
                std::string(label + 2, ' '), defaults);
}

void RouteReport::append_tools(std::string& out, bool defaults) const {
  if (!path_.tools.empty()) out += "tools\n";
  for (const auto& use : path_.tools) {
    append_line(out, "  " + use.name, use.origin);
    append_values(out, structure(use.options), offer(use).options, "    ", defaults);
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
    json.open_object().field("name", use.name).field("origin", place(use.origin));
    write_values(json, structure(use.options), offer(use).options);
    json.close_object();
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
  json.field("site", place(site_.origin)).field("path", path_.pattern).field("origin", place(path_.origin));
  json.key("params").open_object();
  for (const auto& [name, value] : answer_.params) json.field(name, value);
  json.close_object();
  if (answer_.status != 0) {
    json.field("status", answer_.status);
    if (!answer_.allow.empty()) json.field("allow", answer_.allow);
  } else {
    const auto& use = *path_.handler;
    json.key("handler").open_object().field("name", use.name).field("origin", place(use.origin));
    write_values(json, structure(use.options),
                 blueprint_.catalogue.find(loader::Kind::handler, use.name)->offer().options);
    json.close_object();
  }
  write_tools(json);
  write_steps(json);
  return json.close_object().text();
}

}  // namespace kirsch::command
