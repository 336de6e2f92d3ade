// `kirsch module new`: a folder with a small, complete module that is built, tested and served from then on.
#pragma once

#include <string>

#include "command/modules.h"

namespace kirsch::command {

// `kind`: tool, handler, plugin, websocket or storage. Makes the folder `name` in the working directory; a name that is
// none, that a module of `places` has, or that is there already, is refused, and nothing is made.
base::ExitCode make_module(const std::string& name, const std::string& kind, const ModulePlaces& places) noexcept;

}  // namespace kirsch::command
