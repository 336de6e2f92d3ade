// What the tests configure: a handful of modules, and short ways from text to what comes of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "config/catalogue.h"
#include "config/configuration.h"

namespace kirsch::config {

inline base::Schema schema_of(base::OptionType type) {
  base::Schema schema;
  schema.type = type;
  return schema;
}

inline base::Option option(std::string name, base::Schema schema, std::optional<std::string> default_text) {
  return {std::move(name), "", std::move(default_text), std::move(schema)};
}

// Tools secureheaders, sessions, compress, gate, throttle, and faulty, whose default is; handlers static, respond,
// websocket; plugins signals, pidfile; providers redis, memory of service storage, and chat of service app.
class SampleCatalogue final : public Catalogue {
 public:
  using Options = std::vector<base::Option>;

  SampleCatalogue();

  const Options* tool(std::string_view name) const override { return find(tools_, name); }
  const Options* handler(std::string_view name) const override { return find(handlers_, name); }
  const Options* plugin(std::string_view name) const override { return find(plugins_, name); }
  const Options* provider(std::string_view service, std::string_view name) const override {
    return service == "storage" ? find(storages_, name) : service == "app" ? find(apps_, name) : nullptr;
  }
  std::vector<std::string> tools() const override { return names(tools_); }
  std::vector<std::string> handlers() const override { return names(handlers_); }
  std::vector<std::string> plugins() const override { return names(plugins_); }
  std::vector<std::string> providers(std::string_view service) const override {
    return names(service == "storage" ? storages_ : apps_);
  }
  std::vector<std::string> directories() const override { return {"/usr/lib/kirsch/plugins"}; }
  std::optional<base::Diagnostic> fault(Kind kind, std::string_view name) const override;

 private:
  using Table = std::map<std::string, Options, std::less<>>;
  static const Options* find(const Table& table, std::string_view name) {
    const auto found = table.find(name);
    return found == table.end() ? nullptr : &found->second;
  }
  static std::vector<std::string> names(const Table& table) {
    std::vector<std::string> result;
    for (const auto& [name, options] : table) result.push_back(name);
    return result;
  }

  Table tools_, handlers_, plugins_, storages_, apps_;
};

// Of the file /etc/kirsch/kirsch.yaml.
Document document_of(std::string text);
// With version and a listener before it.
Configuration compiled(const std::string& rest);
// What is refused; empty: nothing is.
std::vector<base::Diagnostic> faults(const std::string& text);

const Path& path_of(const Configuration& configuration, std::string_view pattern, std::size_t site = 0);
const ToolUse* tool_of(const Path& path, std::string_view name);
// A value as text: "true", "30", "text", "[1, 2]", "{a: 1}", "(1, off)", "#1 x", "redis(…)"; off for none.
std::string spelled(const base::Value& value);

}  // namespace kirsch::config
