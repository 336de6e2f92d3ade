// A configuration file as the server wants it: typed, validated, merged.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "config/catalogue.h"
#include "config/document.h"
#include "config/engine.h"
#include "config/findings.h"
#include "config/listeners.h"
#include "config/logs.h"
#include "config/plugins.h"
#include "config/server.h"
#include "config/sites.h"

namespace kirsch::config {

struct Configuration {
  PluginSettings plugins;
  ServerSettings server;
  std::vector<PluginUse> engine;            // in order of declaration
  std::vector<ListenerSettings> listeners;  // never empty
  base::LogSettings logs;
  std::vector<Site> sites;  // never empty
  std::vector<base::Diagnostic> warnings;
};

// In two steps, because the catalogue depends on the first: plugin_settings, look for modules, compile. What is wrong
// is in `findings` afterwards, and the result holds what could be read; what both steps find is there once.
PluginSettings plugin_settings(const Document& document, Findings& findings);
Configuration compile(const Document& document, const Catalogue& catalogue, const EngineChange& change,
                      Findings& findings);

// The same, alone: they throw base::Refusal with everything they found wrong.
PluginSettings plugin_settings(const Document& document);
// For commands that talk to a server whose file may have been broken since. Throws base::Refusal for what is wrong with
// these alone.
Whereabouts whereabouts(const Document& document);
Configuration compile(const Document& document, const Catalogue& catalogue);

}  // namespace kirsch::config
