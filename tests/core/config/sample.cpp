// The sample modules and the ways to look at what comes of a text.
#include "sample.h"

#include <stdexcept>

namespace kirsch::config {
namespace {

using base::OptionType;

base::Schema optional(base::Schema schema) {
  schema.optional = true;
  return schema;
}

base::Schema ranged(base::Schema schema, double minimum, double maximum) {
  schema.minimum = minimum;
  schema.maximum = maximum;
  return schema;
}

base::Schema with_element(OptionType type, base::Schema element) {
  base::Schema schema = schema_of(type);
  schema.element = std::make_shared<const base::Schema>(std::move(element));
  return schema;
}

base::Schema seconds() {
  base::Schema schema = schema_of(OptionType::duration);
  schema.unit_ns = 1'000'000'000;
  return schema;
}

}  // namespace

SampleCatalogue::SampleCatalogue() {
  base::Schema hsts = optional(schema_of(OptionType::structure));
  hsts.options = {option("max_age", seconds(), "730d"), option("preload", schema_of(OptionType::boolean), "false")};
  tools_["secureheaders"] = {option("frame_options", schema_of(OptionType::string), "DENY"),
                             option("hsts", hsts, "{}")};

  base::Schema storage = schema_of(OptionType::provider);
  storage.service = "storage";
  base::Schema mode = schema_of(OptionType::enumeration);
  mode.names = {"strict", "lax", "none"};
  tools_["sessions"] = {option("timeout", ranged(seconds(), 1e9, 86400e9), "20m"),
                        option("secure", schema_of(OptionType::boolean), "false"), option("same_site", mode, "lax"),
                        option("storage", storage, "{ memory: {} }")};
  base::Schema level = schema_of(OptionType::one_of);
  level.alternatives = {mode, ranged(schema_of(OptionType::integer), 1, 9)};
  tools_["compress"] = {option("types", with_element(OptionType::list, schema_of(OptionType::string)), "[text/html]"),
                        option("level", level, "5"), option("least", schema_of(OptionType::size), "1KiB")};
  tools_["gate"] = {option("allow", with_element(OptionType::list, schema_of(OptionType::cidr)), "[]"),
                    option("users", with_element(OptionType::map, schema_of(OptionType::secret)), "{}"),
                    option("realm", schema_of(OptionType::string), std::nullopt)};

  tools_["throttle"] = {option("ratio", ranged(schema_of(OptionType::number), -2, 2.5), "0.5")};
  tools_["faulty"] = {option("loud", schema_of(OptionType::boolean), "maybe")};

  handlers_["static"] = {option("root", schema_of(OptionType::path), std::nullopt)};
  handlers_["respond"] = {option("status", ranged(schema_of(OptionType::integer), 200, 599), "200"),
                          option("text", schema_of(OptionType::string), "")};
  base::Schema app = schema_of(OptionType::provider);
  app.service = "app";
  handlers_["websocket"] = {option("app", app, std::nullopt)};

  plugins_["signals"] = {option("SIGHUP", schema_of(OptionType::string), "graceful")};
  plugins_["pidfile"] = {option("path", schema_of(OptionType::path), std::nullopt)};
  storages_["redis"] = {option("url", schema_of(OptionType::secret), std::nullopt),
                        option("pool", ranged(schema_of(OptionType::integer), 1, 64), "4")};
  storages_["memory"] = {};
  apps_["chat"] = {option("history", schema_of(OptionType::integer), "50")};
}

std::optional<base::Diagnostic> SampleCatalogue::fault(Kind kind, std::string_view name) const {
  if (kind != Kind::tool || name != "writable") return std::nullopt;
  base::Diagnostic diagnostic;
  diagnostic.code = "M204";
  diagnostic.message = "writable.so may be changed by everybody";
  diagnostic.exit_code = base::ExitCode::module_refused;
  return diagnostic;
}

Document document_of(std::string text) {
  return Document::from_text(std::move(text), "/etc/kirsch/kirsch.yaml", "/etc/kirsch");
}

Configuration compiled(const std::string& rest) {
  static const SampleCatalogue catalogue;
  return compile(document_of("version: 1\nlisteners: { web: { bind: \"127.0.0.1:0\" } }\n" + rest), catalogue);
}

std::vector<base::Diagnostic> faults(const std::string& text) {
  static const SampleCatalogue catalogue;
  try {
    compile(document_of(text), catalogue);
  } catch (const base::Refusal& refusal) {
    std::vector<base::Diagnostic> errors = refusal.diagnostics();
    std::erase_if(errors, [](const base::Diagnostic& one) { return one.severity != base::Severity::error; });
    return errors;
  }
  return {};
}

const Path& path_of(const Configuration& configuration, std::string_view pattern, std::size_t site) {
  for (const Path& path : configuration.sites.at(site).paths)
    if (path.pattern == pattern) return path;
  throw std::out_of_range("no path " + std::string(pattern));
}

const ToolUse* tool_of(const Path& path, std::string_view name) {
  for (const ToolUse& use : path.tools)
    if (use.name == name) return &use;
  return nullptr;
}

namespace {

struct Speller {
  static std::string join(const std::vector<base::Value>& values) {
    std::string result;
    for (const base::Value& one : values) result += (result.empty() ? "" : ", ") + spelled(one);
    return result;
  }
  std::string operator()(std::monostate) const { return "off"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const base::Value::List& values) const { return "[" + join(values) + "]"; }
  std::string operator()(const base::Value::Map& values) const {
    std::string result;
    for (const auto& [key, value] : values) result += (result.empty() ? "" : ", ") + key + ": " + spelled(value);
    return "{" + result + "}";
  }
  std::string operator()(const base::Structure& value) const { return "(" + join(value.values) + ")"; }
  std::string operator()(const base::Choice& choice) const {
    return "#" + std::to_string(choice.index) + " " + spelled(choice.value.front());
  }
  std::string operator()(const base::ProviderUse& use) const { return use.name + spelled(use.options.front()); }
};

}  // namespace

std::string spelled(const base::Value& value) { return std::visit(Speller{}, value.data); }

}  // namespace kirsch::config
