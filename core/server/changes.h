// What one generation has that another one has not, or has otherwise.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/generations.h"

namespace kirsch::server {

// Both must outlive it.
class Comparison {
 public:
  Comparison(const LoadedGeneration& old, const LoadedGeneration& next) : old_(old), next_(next) {}

  // A path of the old one, by index, is in the next one: the same hosts, tools, handler, options and code.
  bool has(std::size_t site, std::size_t path) const;
  // A line per listener, site, path and module that was added, removed or changed; empty: all is the same.
  std::string text() const;

 private:
  void compare_listeners(std::string& text) const;
  void compare_sites(std::string& text) const;
  void compare_paths(const config::Site& old, const config::Site& next, std::string& text) const;
  void compare_modules(std::string& text) const;
  const config::Site* find(const config::Site& site, const config::Configuration& in) const;
  const config::Path* find(const config::Path& path, const config::Site& in) const;
  bool same_path(const config::Path& old, const config::Path& next) const;
  bool same_use(loader::Kind kind, const std::string& old, const base::Value& old_options, const std::string& next,
                const base::Value& next_options) const;
  bool same_code(const loader::ModuleFile& old, const loader::ModuleFile& next) const;
  bool same_providers(const base::Value& old, const base::Value& next) const;

  const LoadedGeneration& old_;
  const LoadedGeneration& next_;
};

// The names of settings that say something else than those which the process was started with, and which only a new
// process can follow ("server.loops").
std::vector<std::string> settings_for_restart(const config::Configuration& started,
                                              const config::Configuration& wanted);

// The same for a keeper: what it holds itself, so that no restart of its servers follows.
std::vector<std::string> settings_for_start(const Blueprint& started, const Blueprint& wanted);

}  // namespace kirsch::server
