// Compares what a loaded module says in its struct with what its note promised before any of its code ran.
#pragma once

#include <string>
#include <vector>

#include "kirsch/abi.h"
#include "loader/module_file.h"

namespace kirsch::loader {

// Empty: they agree. Otherwise half a sentence that continues "module 'x' ".
std::string difference(const kirsch_module_entry& entry, const ModuleFile& file);

// What the module provides, in the order of its note; null where an older contract had no such function.
std::vector<kirsch_provided> provided_by(const kirsch_module_entry& entry);

}  // namespace kirsch::loader
