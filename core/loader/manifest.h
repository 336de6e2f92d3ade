// What a module says of itself: the JSON of its note as types. Unknown fields are tolerated (a later minor may add
// some), a known field of the wrong type is a fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/schema.h"
#include "kirsch/abi.h"

namespace kirsch::loader {

enum class Phase : std::uint8_t { early, late };

enum class Kind : std::uint8_t { tool, handler, plugin, service };

// Where a hook or a handler runs.
enum class ExecutionClass : std::uint8_t { inlined, blocking, async };

enum class Channel : std::uint8_t { start, stop, exit, graceful };

struct HookUse {
  kirsch_hook point = KIRSCH_HOOK_ON_START_RESOURCE;
  ExecutionClass execution = ExecutionClass::inlined;
  int priority = 50;
  bool failsafe = false;
};

struct ChannelUse {
  Channel channel = Channel::start;
  std::optional<int> priority;  // none: the default of the channel
};

// One entry of "provides"; its index there is its index in kirsch_module_entry::provided.
struct Offer {
  Kind kind = Kind::tool;
  std::string name;
  std::string summary;
  std::vector<HookUse> hooks;                          // tools
  ExecutionClass execution = ExecutionClass::inlined;  // handlers
  bool streams_body = false;                           // handlers
  std::vector<ChannelUse> channels;                    // plugins
  std::string service;                                 // services: the id of the interface
  bool carries_over = false;  // tools, handlers: an instance lives on over reloads that change nothing for it
  std::vector<base::Option> options;
};

struct Abi {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  bool operator==(const Abi&) const = default;
};

struct Manifest {
  std::string name;
  std::string version;
  std::string summary;
  Abi abi;
  std::string compiler;
  Phase phase = Phase::late;
  bool in_keeper = false;             // its plugins belong into the keeper, where there is one
  std::vector<std::string> features;  // required
  std::vector<std::string> services;  // required
  std::vector<Offer> provides;
};

// What can be read even where the rest belongs to another ABI: who the module is and which names it claims.
struct ManifestHead {
  std::string name;
  std::string version;
  std::string compiler;
  std::optional<Abi> abi;
  std::vector<std::pair<Kind, std::string>> claims;
};

// Never throws for bad input: what cannot be read stays empty.
ManifestHead read_manifest_head(std::string_view json);

// Either `manifest`, or `fault`: half a sentence with the path of the field that is wrong ("provides[0].hooks[1].point
// …").
struct ManifestReading {
  std::optional<Manifest> manifest;
  std::string fault;
};
ManifestReading read_manifest(std::string_view json);

// The words of the manifest and of the configuration.
std::string_view word(Kind kind);
std::string_view word(ExecutionClass execution);
std::string_view word(Channel channel);
std::string_view word(kirsch_hook point);

}  // namespace kirsch::loader
