// The name tells the files of several servers apart.
#include "server/control_place.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

// FNV-1a: the same for the same text in every build, which std::hash does not promise.
std::string digest(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", static_cast<unsigned>(hash));
  return digits.data();
}

}  // namespace

std::vector<fs::path> control_paths(const config::ControlSettings& settings, const fs::path& state,
                                    const fs::path& configuration) {
  if (settings.path) return {*settings.path};
  std::error_code error;
  const auto file = fs::weakly_canonical(configuration, error);
  const auto name = file.stem().string().substr(0, 32) + '-' + digest(file.string());
  return {fs::path(state.string() + ".control") / name, state / "control" / name};
}

fs::path control_path(const config::ControlSettings& settings, const fs::path& state, const fs::path& configuration) {
  const auto paths = control_paths(settings, state, configuration);
  return ::geteuid() == 0 ? paths.front() : paths.back();
}

}  // namespace kirsch::server
