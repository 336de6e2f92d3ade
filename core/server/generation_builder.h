// From a configuration to what requests run through.
#pragma once

#include "pipeline/generation.h"
#include "server/modules.h"

namespace kirsch::server {

// Creates the instances and compiles plans and routes. Throws base::Refusal.
pipeline::Generation build_generation(const config::Configuration& configuration, Modules& modules);

}  // namespace kirsch::server
