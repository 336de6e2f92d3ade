// Places in files do not count: what was only moved has not changed.
#include "server/changes.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "server/client_limits.h"
#include "server/named_modules.h"

namespace kirsch::server {
namespace {

constexpr std::size_t most_lines = 50;  // of one kind

// Collects lines, and says how many more there would be.
class Lines {
 public:
  explicit Lines(std::string& text) : text_(text) {}
  ~Lines() {
    if (count_ > most_lines) text_ += "  and " + std::to_string(count_ - most_lines) + " more\n";
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  void add(const std::string& line) {
    if (++count_ <= most_lines) text_ += "  " + line + '\n';
  }

 private:
  std::string& text_;
  std::size_t count_ = 0;
};

std::set<std::string> hosts(const config::Site& site) {
  std::set<std::string> names;
  for (const auto& host : site.hosts) names.insert(host.name);
  return names;
}

std::set<std::string> listeners(const config::Site& site, const config::Configuration& configuration) {
  std::set<std::string> names;
  for (const auto listener : site.listeners) names.insert(configuration.listeners[listener].name);
  return names;
}

bool same(const config::Match& left, const config::Match& right) {
  return left.methods == right.methods && left.clients == right.clients &&
         std::ranges::equal(left.headers, right.headers, [](const auto& one, const auto& other) {
           return one.name == other.name && one.value == other.value && one.present == other.present;
         });
}

bool same(const config::TlsSettings& left, const config::TlsSettings& right) {
  return left.provider == right.provider && left.profile == right.profile &&
         left.client_certificates == right.client_certificates && left.client_authorities == right.client_authorities &&
         left.tickets == right.tickets && left.key_log == right.key_log &&
         std::ranges::equal(left.certificates, right.certificates, [](const auto& one, const auto& other) {
           return one.certificate == other.certificate && one.private_key == other.private_key &&
                  one.chain == other.chain && one.ocsp == other.ocsp;
         });
}

bool same(const config::ListenerSettings& left, const config::ListenerSettings& right,
          const config::LimitSettings& left_server, const config::LimitSettings& right_server) {
  const auto limits = [](const config::ListenerSettings& one, const config::LimitSettings& server) {
    return http_limits(one.limits.value_or(server));
  };
  return left.name == right.name && left.redirect_to_https == right.redirect_to_https &&
         left.tls.has_value() == right.tls.has_value() && (!left.tls || same(*left.tls, *right.tls)) &&
         limits(left, left_server) == limits(right, right_server);
}

std::string shown(const config::ListenerSettings& listener) { return listener.name + " (" + listener.bind + ")"; }

std::string build_of(const loader::ModuleFile& file) {
  const auto& id = file.note.build_id;
  return file.manifest->version + (id.empty() ? "" : " (build " + id.substr(0, 12) + ")");
}

// Those of the server's own settings that have no name elsewhere.
struct Setting {
  const char* name;
  bool (*same)(const config::Configuration& left, const config::Configuration& right);
};

bool same_target(const base::LogTarget& one, const base::LogTarget& other) {
  return one.kind == other.kind && one.path == other.path;
}

bool same_logs(const config::Configuration& left, const config::Configuration& right) {
  return left.logs.level == right.logs.level && same_target(left.logs.error, right.logs.error) &&
         std::ranges::equal(left.logs.named, right.logs.named, [](const auto& one, const auto& other) {
           return one.name == other.name && same_target(one.target, other.target);
         });
}

bool same_access(const config::Configuration& left, const config::Configuration& right) {
  return std::ranges::all_of(left.listeners, [&](const auto& listener) {
    const auto other =
        std::ranges::find_if(right.listeners, [&](const auto& one) { return same_address(one, listener); });
    return other == right.listeners.end() ||
           (other->access.mode == listener.access.mode && other->access.owner == listener.access.owner &&
            other->access.group == listener.access.group);
  });
}

#define KIRSCH_SETTING(name, member)                                                  \
  Setting {                                                                           \
    name, [](const config::Configuration& left, const config::Configuration& right) { \
      return left.member == right.member;                                             \
    }                                                                                 \
  }
constexpr Setting settings_of_a_process[] = {KIRSCH_SETTING("server.loops", server.loops),
                                             KIRSCH_SETTING("server.workers", server.workers),
                                             KIRSCH_SETTING("server.processes", server.processes),
                                             KIRSCH_SETTING("server.keeper", server.keeper),
                                             KIRSCH_SETTING("server.driver", server.driver),
                                             KIRSCH_SETTING("server.state", server.state),
                                             KIRSCH_SETTING("server.control", server.control.on),
                                             KIRSCH_SETTING("server.control", server.control.path),
                                             KIRSCH_SETTING("server.limits.body_memory", server.limits.body_memory),
                                             KIRSCH_SETTING("server.limits.spool", server.limits.spool),
                                             KIRSCH_SETTING("server.limits.worker_queue", server.limits.worker_queue),
                                             KIRSCH_SETTING("server.limits.handler_time", server.limits.handler_time),
                                             KIRSCH_SETTING("server.limits.log_queue", server.limits.log_queue),
                                             {"logs", same_logs},
                                             {"mode, owner and group of listeners", same_access}};
#undef KIRSCH_SETTING

}  // namespace

bool Comparison::same_code(const loader::ModuleFile& old, const loader::ModuleFile& next) const {
  const auto* loaded = old_.modules.loaded(old);
  return loaded != nullptr && loaded == next_.modules.loaded(next);
}

bool Comparison::same_providers(const base::Value& old, const base::Value& next) const {
  std::vector<const LoadedModule*> before, after;
  each_provider(old_.blueprint->catalogue, old, [&](const auto& file) { before.push_back(old_.modules.loaded(file)); });
  each_provider(next_.blueprint->catalogue, next,
                [&](const auto& file) { after.push_back(next_.modules.loaded(file)); });
  return before == after;
}

bool Comparison::same_use(loader::Kind kind, const std::string& old, const base::Value& old_options,
                          const std::string& next, const base::Value& next_options) const {
  return old == next && base::same(old_options, next_options) &&
         same_code(*old_.blueprint->catalogue.find(kind, old)->file,
                   *next_.blueprint->catalogue.find(kind, next)->file) &&
         same_providers(old_options, next_options);
}

bool Comparison::same_path(const config::Path& old, const config::Path& next) const {
  const auto limit = [](const config::Path& path, const LoadedGeneration& of) {
    return path.body.value_or(of.configuration().server.limits.body);
  };
  if (old.handler.has_value() != next.handler.has_value() || limit(old, old_) != limit(next, next_)) return false;
  if (old.handler && !same_use(loader::Kind::handler, old.handler->name, *old.handler->options, next.handler->name,
                               *next.handler->options))
    return false;
  return std::ranges::equal(old.tools, next.tools, [this](const auto& one, const auto& other) {
    return one.priority == other.priority &&
           same_use(loader::Kind::tool, one.name, *one.options, other.name, *other.options);
  });
}

const config::Site* Comparison::find(const config::Site& site, const config::Configuration& in) const {
  const auto names = hosts(site);
  const auto found = std::ranges::find_if(in.sites, [&](const auto& one) { return hosts(one) == names; });
  return found == in.sites.end() ? nullptr : &*found;
}

const config::Path* Comparison::find(const config::Path& path, const config::Site& in) const {
  const auto found = std::ranges::find_if(in.paths, [&](const auto& one) {
    return one.pattern == path.pattern &&
           std::ranges::equal(one.matches, path.matches, [](const auto& a, const auto& b) { return same(a, b); });
  });
  return found == in.paths.end() ? nullptr : &*found;
}

bool Comparison::has(std::size_t site, std::size_t path) const {
  const auto& old_site = old_.configuration().sites[site];
  const auto* next_site = find(old_site, next_.configuration());
  if (next_site == nullptr) return false;
  const auto* next_path = find(old_site.paths[path], *next_site);
  return next_path != nullptr && same_path(old_site.paths[path], *next_path) &&
         std::ranges::includes(listeners(*next_site, next_.configuration()), listeners(old_site, old_.configuration()));
}

std::string Comparison::text() const {
  std::string text;
  compare_listeners(text);
  compare_sites(text);
  compare_modules(text);
  return text;
}

void Comparison::compare_listeners(std::string& text) const {
  Lines lines(text);
  const auto& old = old_.configuration();
  const auto& next = next_.configuration();
  const auto find_in = [](const std::vector<config::ListenerSettings>& list, const config::ListenerSettings& wanted) {
    return std::ranges::find_if(list, [&](const auto& one) { return same_address(one, wanted); });
  };
  for (const auto& one : old.listeners)
    if (find_in(next.listeners, one) == next.listeners.end()) lines.add("listener " + shown(one) + ": removed");
  for (const auto& one : next.listeners) {
    const auto before = find_in(old.listeners, one);
    if (before == old.listeners.end()) {
      lines.add("listener " + shown(one) + ": added");
    } else if (!same(*before, one, old.server.limits, next.server.limits)) {
      lines.add("listener " + shown(one) + ": changed");
    }
  }
}

void Comparison::compare_sites(std::string& text) const {
  Lines lines(text);
  const auto& old = old_.configuration();
  const auto& next = next_.configuration();
  for (const auto& site : old.sites)
    if (find(site, next) == nullptr) lines.add("site " + site.hosts.front().name + ": removed");
  for (const auto& site : next.sites) {
    const auto* before = find(site, old);
    if (before == nullptr) {
      lines.add("site " + site.hosts.front().name + ": added");
      continue;
    }
    if (listeners(*before, old) != listeners(site, next))
      lines.add("site " + site.hosts.front().name + ": other listeners");
    std::string paths;
    compare_paths(*before, site, paths);
    text += paths;
  }
}

void Comparison::compare_paths(const config::Site& old, const config::Site& next, std::string& text) const {
  Lines lines(text);
  const auto named = [&](const config::Path& path) { return "path " + next.hosts.front().name + ' ' + path.pattern; };
  for (const auto& path : old.paths)
    if (find(path, next) == nullptr) lines.add(named(path) + ": removed");
  for (const auto& path : next.paths) {
    const auto* before = find(path, old);
    if (before == nullptr) {
      lines.add(named(path) + ": added");
    } else if (!same_path(*before, path)) {
      lines.add(named(path) + ": changed");
    }
  }
}

// Those that requests of either run.
void Comparison::compare_modules(std::string& text) const {
  Lines lines(text);
  const auto used = [](const LoadedGeneration& one) {
    std::map<std::string, const loader::ModuleFile*> files;
    for (const auto* file : files_of_sites(*one.blueprint)) files[file->manifest->name] = file;
    return files;
  };
  const auto before = used(old_), after = used(next_);
  for (const auto& [name, file] : before)
    if (!after.contains(name)) lines.add("module " + name + ' ' + build_of(*file) + ": removed");
  for (const auto& [name, file] : after) {
    const auto found = before.find(name);
    if (found == before.end()) {
      lines.add("module " + name + ' ' + build_of(*file) + ": added");
    } else if (!same_code(*found->second, *file)) {
      lines.add("module " + name + ": " + build_of(*found->second) + " → " + build_of(*file));
    }
  }
}

std::vector<std::string> settings_for_restart(const config::Configuration& started,
                                              const config::Configuration& wanted) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const auto& setting : settings_of_a_process)
    if (!setting.same(started, wanted)) add(setting.name);
  const auto find_in = [](const config::Configuration& in, const std::string& name) {
    return std::ranges::find(in.engine, name, &config::PluginUse::name);
  };
  for (const auto& use : started.engine) {
    const auto other = find_in(wanted, use.name);
    if (other == wanted.engine.end() || other->priority != use.priority || !base::same(other->options, use.options))
      add("engine." + use.name);
  }
  for (const auto& use : wanted.engine)
    if (find_in(started, use.name) == started.engine.end()) add("engine." + use.name);
  return names;
}

std::vector<std::string> settings_for_start(const Blueprint& started, const Blueprint& wanted) {
  const auto& old = started.configuration;
  const auto& next = wanted.configuration;
  auto names = settings_for_restart(old, next);
  const bool derived = old.server.control.on && !old.server.control.path;
  const auto is_in_keeper = [](const Blueprint& blueprint, std::string_view plugin) {
    const auto* provided = blueprint.catalogue.find(loader::Kind::plugin, std::string(plugin));
    return provided != nullptr && provided->file->manifest->in_keeper;
  };
  std::erase_if(names, [&](const std::string& name) {
    constexpr std::string_view engine = "engine.";
    if (name == "server.keeper" || name == "server.control") return false;
    if (name == "server.state") return !derived;
    if (!name.starts_with(engine)) return true;
    const auto plugin = std::string_view(name).substr(engine.size());
    return !is_in_keeper(started, plugin) && !is_in_keeper(wanted, plugin);
  });
  if (!same_target(old.logs.error, next.logs.error)) names.emplace_back("logs.error of the keeper");
  return names;
}

}  // namespace kirsch::server
