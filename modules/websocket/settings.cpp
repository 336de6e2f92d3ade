// Origins are compared as texts, so they are brought into one form at load.
#include "settings.h"

#include <kirsch/origin.h>

#include <algorithm>

namespace websocket {

void Settings::check() {
  auto* const listed = std::get_if<std::vector<std::string>>(&origins);
  if (listed == nullptr) return;
  for (auto& one : *listed) {
    const auto usual = kirsch::origin(one);
    if (usual.empty())
      throw kirsch::OptionError("origins", "'" + one + "' is no origin: write https://www.example.org, without a path");
    one = usual;
  }
}

bool Settings::allows(std::string_view said, std::string_view host, bool secure) const {
  if (const auto* listed = std::get_if<std::vector<std::string>>(&origins))
    return std::find(listed->begin(), listed->end(), kirsch::origin(said)) != listed->end();
  return std::get<OriginRule>(origins) == OriginRule::any || kirsch::is_own_origin(said, host, secure);
}

}  // namespace websocket
