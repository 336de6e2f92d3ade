// The providers there are.
#include "net/tls/provider.h"

#include <algorithm>

#include "net/tls/openssl_provider.h"

namespace kirsch::net::tls {

bool refused(const std::vector<Problem>& problems) {
  return std::ranges::any_of(problems, [](const Problem& one) { return one.severity == base::Severity::error; });
}

const Provider* find_provider(std::string_view name) { return name == "openssl" ? &openssl_provider() : nullptr; }

std::vector<std::string> provider_names() { return {"openssl"}; }

}  // namespace kirsch::net::tls
