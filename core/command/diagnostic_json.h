// A diagnostic as an object, for programs.
#pragma once

#include "base/diagnostic.h"
#include "command/json.h"

namespace kirsch::command {

void write(JsonWriter& json, const base::Diagnostic& diagnostic);

}  // namespace kirsch::command
