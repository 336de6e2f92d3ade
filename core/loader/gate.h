// The gate between a note and this server: same contract, features that are there.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/diagnostic.h"
#include "loader/manifest.h"
#include "loader/note.h"

namespace kirsch::loader {

// What this server offers to modules.
struct HostAbi {
  Abi abi{KIRSCH_ABI_MAJOR, KIRSCH_ABI_MINOR};
  std::set<std::string, std::less<>> features;
};

// "file /…/chat.so, version 1.2.0, built by GCC 12.2.0, build-id 0a1b…", for messages.
std::string provenance(const std::filesystem::path& path, const std::string& version, const std::string& compiler,
                       const std::string& build_id);

// M203 if a module built for `head.abi` cannot run here: it is of another major or a newer minor. None too if the ABI
// could not be read: read_manifest says why.
std::optional<base::Diagnostic> check_abi(const std::filesystem::path& path, const Note& note, const ManifestHead& head,
                                          const HostAbi& host);

// M205 with the list of the features that this server lacks.
std::optional<base::Diagnostic> check_features(const std::filesystem::path& path, const Note& note,
                                               const Manifest& manifest, const HostAbi& host);

}  // namespace kirsch::loader
