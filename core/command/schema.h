// `kirsch schema`: JSON Schema of the configuration, the core's part and that of every module that is found.
#pragma once

#include "command/modules.h"

namespace kirsch::command {

base::ExitCode print_schema(const ModulePlaces& places) noexcept;

}  // namespace kirsch::command
