// The top keys and the two steps.
#include "config/configuration.h"

#include <utility>

#include "config/code.h"
#include "config/fields.h"
#include "config/section.h"

namespace kirsch::config {
namespace {

// Before modules are known: nothing is provided.
class NoModules final : public Catalogue {
 public:
  const std::vector<base::Option>* tool(std::string_view) const override { return nullptr; }
  const std::vector<base::Option>* handler(std::string_view) const override { return nullptr; }
  const std::vector<base::Option>* plugin(std::string_view) const override { return nullptr; }
  const std::vector<base::Option>* provider(std::string_view, std::string_view) const override { return nullptr; }
  std::vector<std::string> tools() const override { return {}; }
  std::vector<std::string> handlers() const override { return {}; }
  std::vector<std::string> plugins() const override { return {}; }
  std::vector<std::string> providers(std::string_view) const override { return {}; }
};

void check_version(Reader& reader, const Node& root) {
  const Node* version = root.value("version");
  if (version == nullptr) {
    reader.findings().error(root, code::missing, "the configuration needs the key 'version'",
                            {.note = {}, .help = "begin the file with version: 1"});
    return;
  }
  const std::optional<base::Value> value =
      reader.value(*version, integer(0, std::int64_t{1} << 53), "the key 'version'");
  if (value && as_integer(*value) != 1)
    reader.findings().error(*version, code::out_of_range,
                            "version " + std::to_string(as_integer(*value)) + " of the configuration is unknown",
                            {.note = {}, .help = "this server knows version 1"});
}

bool check_top(Reader& reader, const Node& root) {
  if (!check_section(reader.findings(), root, "",
                     {"version", "include", "plugins", "server", "engine", "listeners", "logs", "tools", "pipelines",
                      "sites", "paths"}))
    return false;
  check_version(reader, root);
  return true;
}

}  // namespace

PluginSettings plugin_settings(const Document& document, Findings& findings) {
  const NoModules catalogue;
  Reader reader(catalogue, findings, document.source().directory());
  const Node& root = document.root();
  // What else is wrong is left to compile.
  if (root.is_mapping()) return read_plugins(reader, root.value("plugins"), root);
  check_top(reader, root);
  return {};
}

PluginSettings plugin_settings(const Document& document) {
  Findings findings;
  PluginSettings settings = plugin_settings(document, findings);
  findings.refuse();
  return settings;
}

Whereabouts whereabouts(const Document& document) {
  const NoModules catalogue;
  Findings findings;
  Reader reader(catalogue, findings, document.source().directory());
  const Node& root = document.root();
  const auto result = read_whereabouts(reader, root.is_mapping() ? root.value("server") : nullptr, root);
  findings.refuse();
  return result;
}

Configuration compile(const Document& document, const Catalogue& catalogue, const EngineChange& change,
                      Findings& findings) {
  Reader reader(catalogue, findings, document.source().directory());
  const Node& root = document.root();
  Configuration result;
  if (!check_top(reader, root)) return result;
  result.plugins = read_plugins(reader, root.value("plugins"), root);
  result.server = read_server(reader, root.value("server"), root);
  result.engine = read_engine(reader, root.value("engine"), root, change);
  result.listeners = read_listeners(reader, root.value("listeners"), root);
  result.logs = read_logs(reader, root.value("logs"), root);
  result.logs.queue = result.server.limits.log_queue;
  result.sites = read_sites(reader, root, result.listeners);
  return result;
}

Configuration compile(const Document& document, const Catalogue& catalogue) {
  Findings findings;
  Configuration result = compile(document, catalogue, {}, findings);
  findings.refuse();
  result.warnings = findings.warnings();
  return result;
}

}  // namespace kirsch::config
