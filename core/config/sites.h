// Which hosts and paths are answered, by which tools and handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/listeners.h"
#include "config/match.h"
#include "config/reader.h"
#include "config/tool_use.h"

namespace kirsch::config {

// A pattern has several where it, or a prefix above it, is written as a list of alternatives.
struct Path {
  std::string pattern;                        // "/", "/api/", "/about", "= /", "/users/{id}"
  base::Position origin = {};                 // line 0: not written, added so that every site has "/"
  std::vector<Match> matches = {};            // all must hold: those of the prefixes above, then its own
  std::optional<std::size_t> otherwise = {};  // index of the path that is tried if they do not; none: 404
  bool first = true;                          // of its pattern; the others follow as `otherwise`
  std::vector<ToolUse> tools = {};            // merged, in order of declaration
  std::optional<std::uint64_t> body = {};     // limit of request bodies; none: the server's
  std::optional<HandlerUse> handler = {};     // none: 404
};

struct Host {
  std::string name;  // lower case: "www.example.org", "*.example.org", "default"
  base::Position origin;
};

struct Site {
  std::vector<Host> hosts;             // never empty
  std::vector<std::size_t> listeners;  // indices into Configuration::listeners, never empty
  std::vector<Path> paths;             // in order of declaration; exactly one is "/" without `matches`
  base::Position origin;
};

// The value of `limits:` of a site or path. What is wrong is reported.
std::optional<std::uint64_t> read_body_limit(Reader& reader, const Node& limits, const std::string& owner);

// From `tools`, `pipelines`, `sites` and `paths` of the document's root.
std::vector<Site> read_sites(Reader& reader, const Node& root, const std::vector<ListenerSettings>& listeners);

}  // namespace kirsch::config
