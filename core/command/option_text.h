// Types and values of options as text for people.
#pragma once

#include <string>

#include "base/schema.h"
#include "base/value.h"

namespace kirsch::command {

// "duration, 1s to 1d", "list of text", "strict, lax or none", "a map of name to size, or off".
std::string type_text(const base::Schema& schema);

// In one line, as YAML would say it; secrets as ***.
std::string value_text(const base::Value& value, const base::Schema& schema);

}  // namespace kirsch::command
