// Tables for people, objects for programs.
#include "command/modules.h"

#include <algorithm>
#include <iostream>
#include <set>

#include "base/text.h"
#include "command/diagnostic_json.h"
#include "command/json.h"
#include "command/option_text.h"
#include "command/terminal.h"
#include "command/value_report.h"
#include "config/configuration.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using loader::ModuleFile;
using loader::Offer;

// "tool secureheaders, handler x".
std::string provides_text(const ModuleFile& file) {
  std::string text;
  for (const auto& offer : file.manifest->provides)
    text.append(text.empty() ? "" : ", ").append(loader::word(offer.kind)).append(" ").append(offer.name);
  return text;
}

void print_table(const loader::Catalogue& catalogue) {
  std::size_t name = 4, version = 7;
  for (const auto& file : catalogue.files()) {
    name = std::max(name, base::width(file->manifest->name));
    version = std::max(version, base::width(file->manifest->version));
  }
  for (const auto& file : catalogue.files())
    std::cout << padded(base::escaped(file->manifest->name), name + 2)
              << padded(base::escaped(file->manifest->version), version + 2) << base::escaped(provides_text(*file))
              << '\n';
  for (const auto& faulty : catalogue.faulty())
    std::cout << padded(faulty.path.filename().string(), name + 2)
              << "refused: " << base::escaped(faulty.diagnostic.message) << " [" << faulty.diagnostic.code << "]\n";
}

void write(JsonWriter& json, const base::Option& option);

void write(JsonWriter& json, const std::vector<base::Option>& options) {
  json.key("options").open_array();
  for (const auto& option : options) write(json, option);
  json.close_array();
}

// What belongs to a type: the options of structures, also those inside of other types.
void write_parts(JsonWriter& json, const base::Schema& schema) {
  if (schema.type == base::OptionType::structure) write(json, schema.options);
  if (schema.element) {
    json.key("element").open_object().field("type", type_text(*schema.element));
    write_parts(json, *schema.element);
    json.close_object();
  }
  if (schema.alternatives.empty()) return;
  json.key("alternatives").open_array();
  for (const auto& one : schema.alternatives) {
    json.open_object().field("type", type_text(one));
    write_parts(json, one);
    json.close_object();
  }
  json.close_array();
}

void write(JsonWriter& json, const base::Option& option) {
  json.open_object().field("name", option.name).field("type", type_text(option.schema)).field("help", option.help);
  if (option.default_text) json.field("default", *option.default_text);
  write_parts(json, option.schema);
  json.close_object();
}

void write(JsonWriter& json, const Offer& offer) {
  json.open_object().field("kind", loader::word(offer.kind)).field("name", offer.name).field("summary", offer.summary);
  if (offer.kind == loader::Kind::handler) json.field("class", loader::word(offer.execution));
  if (offer.kind == loader::Kind::service) json.field("service", offer.service);
  if (!offer.hooks.empty()) {
    json.key("hooks").open_array();
    for (const auto& hook : offer.hooks) {
      json.open_object().field("point", loader::word(hook.point)).field("priority", hook.priority);
      json.field("class", loader::word(hook.execution)).field("failsafe", hook.failsafe).close_object();
    }
    json.close_array();
  }
  if (!offer.channels.empty()) {
    json.key("channels").open_array();
    for (const auto& channel : offer.channels) {
      json.open_object().field("channel", loader::word(channel.channel));
      if (channel.priority) json.field("priority", *channel.priority);
      json.close_object();
    }
    json.close_array();
  }
  write(json, offer.options);
  json.close_object();
}

void write(JsonWriter& json, const ModuleFile& file) {
  const auto& manifest = *file.manifest;
  json.open_object().field("name", manifest.name).field("version", manifest.version).field("summary", manifest.summary);
  json.field("file", file.path.string()).field("build_id", file.note.build_id);
  json.field("abi", std::to_string(manifest.abi.major) + "." + std::to_string(manifest.abi.minor));
  json.field("compiler", manifest.compiler);
  json.field("phase", manifest.phase == loader::Phase::early ? "early" : "late");
  json.strings("requires_features", manifest.features).strings("requires_services", manifest.services);
  json.key("provides").open_array();
  for (const auto& offer : manifest.provides) write(json, offer);
  json.close_array().close_object();
}

void print_options(const std::vector<base::Option>& options, const std::string& indentation);

// The options of structures that `schema` is or holds.
void print_parts(const base::Schema& schema, const std::string& indentation) {
  if (schema.type == base::OptionType::structure) print_options(schema.options, indentation);
  if (schema.element) print_parts(*schema.element, indentation);
  for (const auto& one : schema.alternatives) print_parts(one, indentation);
}

void print_options(const std::vector<base::Option>& options, const std::string& indentation) {
  std::size_t width = 0;
  for (const auto& option : options) width = std::max(width, base::width(option.name));
  for (const auto& option : options) {
    std::cout << indentation << padded(option.name, width + 2) << base::escaped(type_text(option.schema)) << "; "
              << (option.default_text ? "default " + base::escaped(*option.default_text) : "required");
    if (!option.help.empty()) std::cout << "; " << base::escaped(option.help);
    std::cout << '\n';
    print_parts(option.schema, indentation + "  ");
  }
}

void print_offer(const Offer& offer) {
  std::cout << '\n' << loader::word(offer.kind) << ' ' << base::escaped(offer.name);
  if (!offer.summary.empty()) std::cout << ": " << base::escaped(offer.summary);
  if (offer.kind == loader::Kind::handler) std::cout << " (" << loader::word(offer.execution) << ')';
  if (offer.kind == loader::Kind::service) std::cout << ": " << base::escaped(offer.service);
  std::cout << '\n';
  for (const auto& hook : offer.hooks)
    std::cout << "  at " << loader::word(hook.point) << ", priority " << hook.priority << ", "
              << loader::word(hook.execution) << (hook.failsafe ? ", failsafe" : "") << '\n';
  for (const auto& channel : offer.channels) {
    std::cout << "  on " << loader::word(channel.channel);
    if (channel.priority) std::cout << ", priority " << *channel.priority;
    std::cout << '\n';
  }
  print_options(offer.options, "  ");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void print_module(const ModuleFile& file) {
  const auto& manifest = *file.manifest;
  std::cout << base::escaped(manifest.name) << ' ' << base::escaped(manifest.version);
  if (!manifest.summary.empty()) std::cout << ": " << base::escaped(manifest.summary);
  std::cout << "\n  file      " << file.path.string() << "\n  build id  "
            << (file.note.build_id.empty() ? "none" : file.note.build_id) << "\n  ABI       " << manifest.abi.major
            << '.' << manifest.abi.minor << ", " << base::escaped(manifest.compiler) << "\n  phase     "
            << (manifest.phase == loader::Phase::early ? "early" : "late") << '\n';
  if (!manifest.features.empty()) std::cout << "  features  " << base::escaped(joined(manifest.features)) << '\n';
  if (!manifest.services.empty()) std::cout << "  services  " << base::escaped(joined(manifest.services)) << '\n';
  for (const auto& offer : manifest.provides) print_offer(offer);
}

// What would stop a start stops no list, but whoever asked is told.
base::ExitCode exit_code(const server::ModuleSearch& found) {
  const auto& errors = found.errors;
  return errors.empty() ? base::ExitCode::ok : errors.front().exit_code;
}

base::ExitCode verdict(const server::ModuleSearch& found) {
  std::cout.flush();
  print(found.errors);
  return exit_code(found);
}

[[noreturn]] void refuse_unknown(const server::ModuleSearch& found, const std::string& name) {
  for (const auto& faulty : found.catalogue.faulty()) {
    const bool claimed = faulty.path.stem() == name ||
                         std::ranges::any_of(faulty.claims, [&](const auto& claim) { return claim.second == name; });
    if (claimed) throw base::Refusal(faulty.diagnostic);
  }
  std::vector<base::Diagnostic> errors = found.errors;
  std::vector<std::string> known;
  for (const auto& file : found.catalogue.files()) known.push_back(file->manifest->name);
  std::vector<std::string> places;
  for (const auto& directory : found.directories) places.push_back(directory.string());
  errors.push_back({.code = "C012",
                    .message = "no module is named '" + name + "' or provides that name",
                    .note = base::did_you_mean(name, known),
                    .help = "looked in " + (places.empty() ? "no directory" : joined(places))});
  throw base::Refusal(std::move(errors));
}

}  // namespace

server::ModuleSearch search(const ModulePlaces& places) {
  config::PluginSettings settings;
  std::error_code error;
  if (!places.paths.empty()) {
    for (const auto& path : places.paths) settings.path.push_back({fs::absolute(path).lexically_normal().string(), {}});
  } else if (fs::exists(places.configuration, error)) {
    settings = config::plugin_settings(config::Document::from_file(places.configuration));
  }
  return server::find_modules(settings);
}

base::ExitCode list_modules(const ModulePlaces& places, bool json) noexcept {
  return guarded([&] {
    const auto found = search(places);
    if (!json) {
      print_table(found.catalogue);
      return verdict(found);
    }
    JsonWriter out;
    out.open_object().key("modules").open_array();
    for (const auto& file : found.catalogue.files()) write(out, *file);
    out.close_array().key("refused").open_array();
    for (const auto& faulty : found.catalogue.faulty()) {
      out.open_object().field("file", faulty.path.string()).field("code", faulty.diagnostic.code);
      out.field("message", faulty.diagnostic.message).field("help", faulty.diagnostic.help).close_object();
    }
    out.close_array().key("errors").open_array();
    for (const auto& error : found.errors) write(out, error);
    std::cout << out.close_array().close_object().text();
    return exit_code(found);
  });
}

base::ExitCode show_module(const ModulePlaces& places, const std::string& name, bool json) noexcept {
  return guarded([&] {
    const auto found = search(places);
    const auto& files = found.catalogue.files();
    auto file = std::ranges::find_if(files, [&](const auto& one) { return one->manifest->name == name; });
    if (file == files.end()) {
      file = std::ranges::find_if(files, [&](const auto& one) {
        return std::ranges::any_of(one->manifest->provides, [&](const Offer& offer) { return offer.name == name; });
      });
    }
    if (file == files.end()) refuse_unknown(found, name);
    if (json) {
      JsonWriter out;
      write(out, **file);
      std::cout << out.text();
    } else {
      print_module(**file);
    }
    return verdict(found);
  });
}

}  // namespace kirsch::command
