// In which order modules are loaded: a provider of a service before those that require it.
#pragma once

#include <set>
#include <vector>

#include "loader/catalogue.h"

namespace kirsch::loader {

// `used` and every module that provides a service one of them requires, each after those it needs, otherwise in the
// order of the files. Throws base::Refusal: M206 if several modules could provide a service and none of them is among
// `used`, M215 if those that are lead in a circle (circles that nothing could avoid are no longer in the catalogue).
std::vector<const ModuleFile*> service_order(const Catalogue& catalogue, const std::set<const ModuleFile*>& used);

}  // namespace kirsch::loader
