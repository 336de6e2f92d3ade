// What the dynamic linker said, in terms of the file that the operator knows.
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "loader/module_file.h"

namespace kirsch::loader {

// M211. `linker_text` is dlerror's; `loaded_as` the path that was given to dlopen, which is replaced by the operator's.
base::Diagnostic refuse_link(const ModuleFile& file, std::string linker_text, const std::string& loaded_as);

}  // namespace kirsch::loader
