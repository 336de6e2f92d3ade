// Compares what a module was built for with what this server has.
#include "loader/gate.h"

#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

std::string text(const Abi& abi) { return std::to_string(abi.major) + "." + std::to_string(abi.minor); }

bool runs(const Abi& module, const Abi& host) { return module.major == host.major && module.minor <= host.minor; }

}  // namespace

std::string provenance(const std::filesystem::path& path, const std::string& version, const std::string& compiler,
                       const std::string& build_id) {
  std::string text = "file " + path.string();
  if (!version.empty()) text += ", version " + version;
  if (!compiler.empty()) text += ", built by " + compiler;
  if (!build_id.empty()) text += ", build-id " + build_id;
  return text;
}

std::optional<base::Diagnostic> check_abi(const std::filesystem::path& path, const Note& note, const ManifestHead& head,
                                          const HostAbi& host) {
  if (!head.abi || runs(*head.abi, host.abi)) return std::nullopt;
  const std::string name = head.name.empty() ? path.stem().string() : head.name;
  const bool newer =
      head.abi->major > host.abi.major || (head.abi->major == host.abi.major && head.abi->minor > host.abi.minor);
  return refused(
      code::other_abi,
      "module '" + name + "' refused: built for ABI " + text(*head.abi) + ", this server has ABI " + text(host.abi),
      provenance(path, head.version, head.compiler, note.build_id) +
          "; nothing of the module was run; rebuild it with the SDK of this server" +
          (newer ? " or use a newer server" : ""));
}

std::optional<base::Diagnostic> check_features(const std::filesystem::path& path, const Note& note,
                                               const Manifest& manifest, const HostAbi& host) {
  std::string missing;
  for (const std::string& feature : manifest.features)
    if (!host.features.contains(feature)) missing += (missing.empty() ? "" : ", ") + feature;
  if (missing.empty()) return std::nullopt;
  return refused(code::missing_feature,
                 "module '" + manifest.name + "' refused: it requires what this server does not offer: " + missing,
                 provenance(path, manifest.version, manifest.compiler, note.build_id) +
                     "; nothing of the module was run; use a server that offers it");
}

}  // namespace kirsch::loader
