// The top key `plugins`.
#include "config/plugins.h"

#include "config/fields.h"

namespace kirsch::config {
namespace {

void set_path(PluginSettings& to, const base::Value& value) {
  for (const base::Value& one : std::get<base::Value::List>(value.data)) to.path.push_back({as_text(one), one.origin});
}

void set_owners(PluginSettings& to, const base::Value& value) {
  for (const base::Value& one : std::get<base::Value::List>(value.data))
    to.owners.push_back({as_text(one), one.origin});
}

const Fields<PluginSettings>& plugin_fields() {
  static const Fields<PluginSettings> fields = {
      {{"path", "directories of modules", "[]", list_of(path())}, set_path},
      {{"reload", "on_command; watch: whenever modules or the configuration have changed, for development",
        "on_command", enumeration({"on_command", "watch"})},
       [](PluginSettings& to, const base::Value& value) { to.watched = as_integer(value) == 1; }},
      {{"owners", "users whose modules are trusted beside root's", "[]", list_of(text(64))}, set_owners},
  };
  return fields;
}

}  // namespace

const std::vector<base::Option>& plugin_options() { return plugin_fields().options(); }

PluginSettings read_plugins(Reader& reader, const Node* section, const Node& root) {
  PluginSettings settings;
  plugin_fields().read(reader, section, section == nullptr ? root : *section, "'plugins'", settings);
  return settings;
}

}  // namespace kirsch::config
