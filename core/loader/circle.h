// Modules whose required services lead in a circle: none of them can be loaded first.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/diagnostic.h"
#include "loader/module_file.h"

namespace kirsch::loader {

// From a module along what it requires, up to the first module that comes again.
using Way = std::vector<const ModuleFile*>;

// M215.
base::Diagnostic refuse_circle(const Way& way);

// Those of `files` that no order can load, each with its way into the circle. Every service that is required must have
// a provider among `files`.
std::map<const ModuleFile*, Way> circles(std::span<const std::unique_ptr<const ModuleFile>> files);

}  // namespace kirsch::loader
