// Options and their schemas, from JSON.
#pragma once

#include <vector>

#include "base/schema.h"
#include "loader/json_reader.h"

namespace kirsch::loader {

// The options of the member "options" of `owner`, none if it is absent. Throws JsonFault.
std::vector<base::Option> read_options(const JsonReader& owner);

}  // namespace kirsch::loader
