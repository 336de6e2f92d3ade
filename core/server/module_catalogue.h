// What the module files offer, as the configuration wants to know it.
#pragma once

#include <filesystem>
#include <vector>

#include "config/catalogue.h"
#include "loader/catalogue.h"

namespace kirsch::server {

class ModuleCatalogue final : public config::Catalogue {
 public:
  // Both must outlive it.
  ModuleCatalogue(const loader::Catalogue& modules, const std::vector<std::filesystem::path>& directories)
      : modules_(modules), directories_(directories) {}

  const std::vector<base::Option>* tool(std::string_view name) const override;
  const std::vector<base::Option>* handler(std::string_view name) const override;
  const std::vector<base::Option>* plugin(std::string_view name) const override;
  const std::vector<base::Option>* provider(std::string_view service, std::string_view name) const override;
  std::vector<std::string> tools() const override;
  std::vector<std::string> handlers() const override;
  std::vector<std::string> plugins() const override;
  std::vector<std::string> providers(std::string_view service) const override;
  std::vector<std::string> directories() const override;
  std::optional<base::Diagnostic> fault(config::Kind kind, std::string_view name) const override;

 private:
  const std::vector<base::Option>* options(loader::Kind kind, std::string_view name) const;

  const loader::Catalogue& modules_;
  const std::vector<std::filesystem::path>& directories_;
};

}  // namespace kirsch::server
