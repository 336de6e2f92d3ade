// Who answers for the services that modules require by id.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/value.h"
#include "loader/catalogue.h"
#include "server/blueprint.h"

namespace kirsch::server {

struct RequiredService {
  loader::Provided provided;
  base::Structure options;  // the provider's defaults: nobody can say others
};

// By id, for each service that a module of `order` requires: what a module of `order` provides. Throws base::Refusal
// with all of them that nobody provides without options (M206) or that several do.
std::map<std::string, RequiredService> required_services(const Blueprint& blueprint,
                                                         const std::vector<const loader::ModuleFile*>& order);

}  // namespace kirsch::server
