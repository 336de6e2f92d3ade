// Included files are known by their way from the configuration's folder.
#include "command/places.h"

namespace kirsch::command {

namespace fs = std::filesystem;

Places::Places(const fs::path& configuration) : folder_(fs::absolute(configuration).lexically_normal().parent_path()) {}

std::string Places::operator()(const base::Position& position) const {
  if (position.file.empty() || position.line == 0) return "default";
  const fs::path relative = fs::path(position.file).lexically_relative(folder_);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return (below ? relative.string() : position.file) + ":" + std::to_string(position.line);
}

}  // namespace kirsch::command
