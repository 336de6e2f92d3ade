// What is refused in the bytes of a file before YAML is looked for: encodings, control characters, tabs that indent,
// directives.
#pragma once

#include "config/source.h"

namespace kirsch::config {

// Throws base::Refusal with the first fault.
void check_text(const Source& source);

}  // namespace kirsch::config
