// The shape of a file; what is said of options comes from where the reader takes it.
#include "command/schema.h"

#include <iostream>

#include "command/json_schema.h"
#include "command/terminal.h"
#include "config/configuration.h"
#include "config/tool_level.h"

namespace kirsch::command {
namespace {

using Scope = JsonSchema::Scope;
using loader::Kind;

class Writer {
 public:
  explicit Writer(const loader::Catalogue& catalogue) : catalogue_(catalogue), schema_(json_) {}

  std::string text();

 private:
  void top();
  void definitions();
  void tools(const char* name, bool use);
  void tool(const std::string& name);
  void handlers();
  void engine();
  void path();
  void site();
  void providers();
  void listeners();
  void logs();
  void log(std::string_view name, const std::vector<base::Option>& options);
  void match();

  void reference(std::string_view name, const char* definition) {
    json_.key(name).open_object().field("$ref", std::string("#/definitions/") + definition).close_object();
  }
  // `"name": {type: object, description}` whose values are all `definition`.
  void map_of(std::string_view name, const char* description, const char* definition) {
    json_.key(name).open_object().field("type", "object").field("description", description);
    reference("additionalProperties", definition);
    json_.close_object();
  }
  void pattern(std::string_view name, const char* pattern) {
    json_.key(name).open_object().field("type", "string").field("pattern", pattern).close_object();
  }
  void names(std::string_view name, const char* description, bool some) {
    json_.key(name).open_object().field("type", "array").field("description", description);
    if (some) json_.field("minItems", 1);
    json_.key("items").open_object().key("type").open_array().string("string").string("number").close_array();
    json_.close_object().close_object();
  }
  void structure(std::string_view name, const std::vector<base::Option>& options) {
    json_.key(name).open_object();
    schema_.object(options, Scope::whole);
    json_.close_object();
  }
  const std::vector<base::Option>& options_of(Kind kind, const std::string& name) const {
    return catalogue_.find(kind, name)->offer().options;
  }

  const loader::Catalogue& catalogue_;
  JsonWriter json_;
  JsonSchema schema_;
};

std::string Writer::text() {
  json_.open_object().field("$schema", "http://json-schema.org/draft-07/schema#");
  json_.field("title", "Configuration of Kirsch").field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object();
  top();
  json_.close_object();
  // `paths` beside `sites` would belong to no site.
  json_.key("not").open_object().field("type", "object").strings("required", {"sites", "paths"});
  json_.key("properties").open_object();
  for (const char* key : {"sites", "paths"}) json_.key(key).open_object().close_object();
  json_.close_object().close_object();
  json_.key("definitions").open_object();
  definitions();
  return json_.close_object().close_object().text();
}

void Writer::top() {
  json_.key("version").open_object().key("enum").open_array().integer(1).string("1").close_array().close_object();
  json_.key("include").open_object().field("description", "files or globs, relative to this file");
  json_.key("type").open_array().string("string").string("array").close_array();
  json_.key("items").open_object().field("type", "string").close_object().close_object();
  structure("plugins", config::plugin_options());
  structure("server", config::server_options());
  reference("engine", "engine");
  reference("listeners", "listeners");
  reference("logs", "logs");
  reference("tools", "tools");
  map_of("pipelines", "named sets of tools, for 'use'", "pipeline");
  json_.key("sites").open_object().field("type", "array").field("minItems", 1);
  reference("items", "site");
  json_.close_object();
  reference("paths", "paths");
}

void Writer::definitions() {
  engine();
  listeners();
  logs();
  tools("tools", true);
  tools("pipeline", false);
  for (const auto& name : catalogue_.names(Kind::tool)) tool(name);
  handlers();
  path();
  json_.key("paths").open_object().field("type", "object").key("propertyNames").open_object();
  json_.field("pattern", "^(/|= /$)").close_object().key("additionalProperties").open_object();
  json_.key("anyOf").open_array().open_object().field("$ref", "#/definitions/path").close_object();
  json_.open_object().field("type", "array").field("minItems", 1);
  reference("items", "path");
  json_.close_object().close_array().close_object().close_object();
  site();
  match();
  json_.key("limits").open_object().field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object().key("body");
  schema_.write(config::body_limit(), Scope::whole, "the largest body of a request");
  json_.close_object().close_object();
  providers();
}

void Writer::tools(const char* name, bool use) {
  json_.key(name).open_object().field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object();
  if (use) names("use", "sets of tools from 'pipelines', merged before the keys beside it", false);
  for (const auto& tool : catalogue_.names(Kind::tool)) reference(tool, ("tool-" + tool).c_str());
  json_.close_object().close_object();
}

void Writer::tool(const std::string& name) {
  const auto& offer = catalogue_.find(Kind::tool, name)->offer();
  json_.key("tool-" + name).open_object();
  if (!offer.summary.empty()) json_.field("description", offer.summary);
  json_.key("anyOf").open_array().open_object().field("const", "off").close_object();
  json_.open_object().field("type", "string").field("pattern", "\\$\\{").close_object().open_object();
  schema_.object(offer.options, Scope::part, [&] { schema_.properties(config::reserved_options(), Scope::part); });
  json_.close_object().close_array().close_object();
}

void Writer::handlers() {
  json_.key("handler").open_object().field("type", "object").field("additionalProperties", false);
  json_.field("minProperties", 1).field("maxProperties", 1).key("properties").open_object();
  for (const auto& name : catalogue_.names(Kind::handler)) structure(name, options_of(Kind::handler, name));
  json_.close_object().close_object();
}

void Writer::engine() {
  json_.key("engine").open_object().field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object();
  for (const auto& name : catalogue_.names(Kind::plugin)) {
    json_.key(name).open_object().key("anyOf").open_array().open_object().field("const", "off").close_object();
    json_.open_object();
    schema_.object(options_of(Kind::plugin, name), Scope::whole,
                   [&] { schema_.properties({config::priority_option()}, Scope::part); });
    json_.close_object().close_array().close_object();
  }
  json_.close_object().close_object();
}

void Writer::listeners() {
  json_.key("listener").open_object();
  schema_.object(config::listener_options(), Scope::whole, [&] {
    structure("limits", config::listener_limit_options());
    structure("tls", config::tls_options());
  });
  // A port has no permissions. What begins with a variable may be either.
  json_.key("if").open_object().field("type", "object").strings("required", {"bind"});
  json_.key("properties").open_object();
  pattern("bind", "^[\\[0-9]");
  json_.close_object().close_object().key("then").open_object().field("type", "object");
  json_.key("properties").open_object().field("mode", false);
  for (const char* key : {"owner", "group"}) pattern(key, "^off$|\\$\\{");
  json_.close_object().close_object().close_object();
  json_.key("listeners").open_object().field("type", "object").field("minProperties", 1);
  reference("additionalProperties", "listener");
  json_.close_object();
}

void Writer::logs() {
  log("log", config::named_log_options());
  json_.key("logs").open_object().field("type", "object").key("propertyNames").open_object();
  json_.field("pattern", "^[A-Za-z0-9_-]{1,24}$").close_object().key("properties").open_object();
  log("error", config::error_log_options());
  json_.close_object();
  reference("additionalProperties", "log");
  json_.close_object();
}

// A word that is no destination is none; a path has a slash or a dot.
void Writer::log(std::string_view name, const std::vector<base::Option>& options) {
  json_.key(name).open_object();
  schema_.object(options, Scope::whole);
  json_.key("allOf").open_array().open_object().field("type", "object").key("properties").open_object();
  json_.key("to").open_object().key("type").open_array().string("string").string("number").close_array();
  json_.field("pattern", "^(stderr|syslog|journald)$|[/.$]").close_object();
  json_.close_object().close_object().close_array().close_object();
}

void Writer::path() {
  json_.key("path").open_object().field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object();
  reference("match", "match");
  reference("limits", "limits");
  reference("handler", "handler");
  reference("tools", "tools");
  json_.close_object().close_object();
}

void Writer::site() {
  json_.key("site").open_object().field("type", "object").field("additionalProperties", false);
  json_.key("properties").open_object();
  names("hosts", "www.example.org, *.example.org, default", true);
  names("listeners", "names of listeners; all if absent", true);
  reference("limits", "limits");
  reference("tools", "tools");
  reference("paths", "paths");
  json_.close_object().close_object();
}

void Writer::match() {
  json_.key("match").open_object();
  schema_.object(config::match_options(), Scope::whole);
  json_.key("allOf").open_array().open_object().field("type", "object").key("properties").open_object();
  json_.key("headers").open_object().field("type", "object").key("propertyNames").open_object();
  json_.field("pattern", "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$");  // RFC 9110 5.6.2
  json_.close_object().close_object().close_object().close_object().close_array();
  json_.close_object();
}

// What providers refer to may name further services.
void Writer::providers() {
  std::set<std::string> written;
  while (written.size() < schema_.services().size()) {
    const auto services = schema_.services();
    for (const auto& service : services) {
      if (!written.insert(service).second) continue;
      for (const auto scope : {Scope::whole, Scope::part}) {
        json_.key(JsonSchema::provider_name(service, scope)).open_object().field("type", "object");
        json_.field("minProperties", 1).field("maxProperties", 1).field("additionalProperties", false);
        json_.key("properties").open_object();
        for (const auto* provider : catalogue_.providers(service)) {
          json_.key(provider->offer().name).open_object();
          schema_.object(provider->offer().options, scope);
          json_.close_object();
        }
        json_.close_object().close_object();
      }
    }
  }
}

}  // namespace

base::ExitCode print_schema(const ModulePlaces& places) noexcept {
  return guarded([&] {
    const auto found = search(places);
    // A schema of half the modules would mark the others as mistakes.
    if (!found.errors.empty()) throw base::Refusal(found.errors);
    print(found.catalogue.warnings());
    std::cout << Writer(found.catalogue).text();
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
