// From a configuration to what requests run through.
#pragma once

#include <cstdint>
#include <span>

#include "pipeline/generation.h"
#include "server/modules.h"

namespace kirsch::server {

// Creates the instances and compiles plans and routes. `numbers` are those of the listeners, by their index in the
// configuration. Throws base::Refusal.
void build_generation(const config::Configuration& configuration, std::span<const std::uint32_t> numbers,
                      Modules& modules, pipeline::Generation& generation);

}  // namespace kirsch::server
