// Channels and priorities come from the manifest, so plugins take their place on the bus before they are loaded.
#include "server/engine_plugins.h"

#include <algorithm>
#include <stdexcept>

#include "server/option_origin.h"

namespace kirsch::server {
namespace {

using Function = std::int32_t (*)(void*, kirsch_error*);

Function function_of(const kirsch_provided& provided, loader::Channel channel) {
  switch (channel) {
    case loader::Channel::start:
      return provided.start;
    case loader::Channel::stop:
      return provided.stop;
    case loader::Channel::exit:
      return provided.exit;
    default:
      return provided.graceful;
  }
}

// A plugin that names an option says that the system does not give what that asks for.
[[noreturn]] void fail(const config::PluginUse& use, const loader::Provided& provided, const kirsch_error& error) {
  if (error.option[0] == 0) throw std::runtime_error(error.text);
  const auto at = option_origin(provided.offer().options, std::get<base::Structure>(use.options.data), error.option);
  throw base::Refusal(base::Diagnostic{.code = "E003",
                                       .message = error.text,
                                       .position = at ? at : std::optional(use.origin),
                                       .exit_code = base::ExitCode::bind_or_permission});
}

void run(const config::PluginUse& use, const loader::Provided& provided, const loader::Instance& plugin,
         loader::Channel channel) {
  kirsch_error error{};
  const auto function = function_of(plugin.functions(), channel);
  if (function == nullptr || function(plugin.self(), &error) == 0) return;
  error.text[sizeof error.text - 1] = 0;
  error.option[sizeof error.option - 1] = 0;
  fail(use, provided, error);
}

}  // namespace

void EnginePlugins::subscribe(engine::Bus& bus) {
  constexpr int late = 85;
  for (const auto& use : blueprint_.configuration.engine) {
    const auto* provided = blueprint_.catalogue.find(loader::Kind::plugin, use.name);
    if (!belongs_to(share_, *provided->file)) continue;
    auto* entry = entries_.emplace_back(std::make_unique<Entry>(Entry{&use, provided, nullptr})).get();
    for (const auto& channel : provided->offer().channels) {
      // What YAML says of the start holds for the end too, which mirrors it.
      const bool paired = channel.channel == loader::Channel::start || channel.channel == loader::Channel::stop;
      const int priority = paired && use.priority ? *use.priority : channel.priority.value_or(late);
      bus.subscribe({std::string(loader::word(channel.channel)), use.name, priority,
                     [entry, kind = channel.channel](std::string_view) {
                       if (entry->instance == nullptr) return;
                       run(*entry->use, *entry->provided, *entry->instance, kind);
                     }});
    }
  }
}

void EnginePlugins::create(loader::Phase phase) {
  for (const auto& entry : entries_) {
    if (entry->provided->file->manifest->phase != phase) continue;
    const std::shared_ptr<const base::Value> options(std::shared_ptr<void>(), &entry->use->options);
    entry->instance = modules_.instance(loader::Kind::plugin, entry->use->name, options, entry->use->origin);
  }
}

std::vector<std::string> EnginePlugins::changed_in(const Blueprint& next) const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) {
    const auto* found = next.catalogue.find(loader::Kind::plugin, entry->use->name);
    if (entry->instance == nullptr || found == nullptr) continue;
    // The copy that is loaded may be root's alone by now.
    const auto& module = entry->instance->module();
    if (module.build_id() != found->file->note.build_id || module.manifest().version != found->file->manifest->version)
      names.push_back("module of engine." + entry->use->name);
  }
  return names;
}

bool names_plugin(const config::Configuration& configuration, std::string_view plugin) {
  return std::ranges::find(configuration.engine, plugin, &config::PluginUse::name) != configuration.engine.end();
}

}  // namespace kirsch::server
