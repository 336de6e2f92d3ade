// What a module may do with a channel of the engine.
#pragma once

#include <cstdint>
#include <string_view>

namespace kirsch::pipeline {

// Channels that stand for steps of the engine belong to its own thread, in their order: a module asks for the few that
// can be asked for.
enum class Access : std::uint8_t {
  free,   // published wherever the module likes
  asked,  // published by the engine, also where a module says publish
  end,    // the orderly end of the process
  none
};

Access access_to(std::string_view channel);

}  // namespace kirsch::pipeline
