// A walk over schemas; services that lead back to themselves are looked at once.
#include "config/secrecy.h"

#include <algorithm>
#include <set>
#include <string>

namespace kirsch::config {
namespace {

using base::OptionType;

class Walk {
 public:
  explicit Walk(const Catalogue& catalogue) : catalogue_(catalogue) {}

  bool finds(const base::Schema& schema) {
    const auto in = [this](const base::Schema& one) { return finds(one); };
    switch (schema.type) {
      case OptionType::secret:
        return true;
      case OptionType::list:
      case OptionType::map:
        return finds(*schema.element);
      case OptionType::structure:
        return finds(schema.options);
      case OptionType::one_of:
        return std::ranges::any_of(schema.alternatives, in);
      case OptionType::provider:
        return finds_in_service(schema.service);
      default:
        return false;
    }
  }

  bool finds(const std::vector<base::Option>& options) {
    return std::ranges::any_of(options, [this](const base::Option& one) { return finds(one.schema); });
  }

 private:
  bool finds_in_service(const std::string& service) {
    if (!services_.insert(service).second) return false;
    return std::ranges::any_of(catalogue_.providers(service), [&](const std::string& name) {
      const std::vector<base::Option>* options = catalogue_.provider(service, name);
      return options != nullptr && finds(*options);
    });
  }

  const Catalogue& catalogue_;
  std::set<std::string> services_;
};

}  // namespace

bool takes_secret(const base::Schema& schema) {
  return schema.type == OptionType::secret ||
         (schema.type == OptionType::one_of && std::ranges::any_of(schema.alternatives, takes_secret));
}

bool may_hold_secret(const base::Schema& schema, const Catalogue& catalogue) { return Walk(catalogue).finds(schema); }

bool may_hold_secret(const std::vector<base::Option>& options, const Catalogue& catalogue) {
  return Walk(catalogue).finds(options);
}

}  // namespace kirsch::config
