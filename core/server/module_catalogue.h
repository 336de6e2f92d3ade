// What the module files offer, as the configuration wants to know it.
#pragma once

#include <filesystem>
#include <vector>

#include "config/catalogue.h"
#include "loader/catalogue.h"

namespace kirsch::server {

class ModuleCatalogue final : public config::Catalogue {
 public:
  // Both must outlive it. `complete` as in config::Catalogue.
  ModuleCatalogue(const loader::Catalogue& modules, const std::vector<std::filesystem::path>& directories,
                  bool complete = true)
      : modules_(modules), directories_(directories), complete_(complete) {}

  const std::vector<base::Option>* tool(std::string_view name) const override;
  const std::vector<base::Option>* handler(std::string_view name) const override;
  const std::vector<base::Option>* plugin(std::string_view name) const override;
  const std::vector<base::Option>* provider(std::string_view service, std::string_view name) const override;
  std::vector<std::string> tools() const override;
  std::vector<std::string> handlers() const override;
  std::vector<std::string> plugins() const override;
  std::vector<std::string> providers(std::string_view service) const override;
  bool complete() const override { return complete_; }
  std::vector<std::string> directories() const override;
  std::optional<base::Diagnostic> fault(config::Kind kind, std::string_view name) const override;

 private:
  const std::vector<base::Option>* options(loader::Kind kind, std::string_view name) const;

  const loader::Catalogue& modules_;
  const std::vector<std::filesystem::path>& directories_;
  const bool complete_;
};

}  // namespace kirsch::server
