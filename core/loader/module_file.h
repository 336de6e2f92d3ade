// One file of a plugins directory: examined without running any of it.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "base/unique_fd.h"
#include "loader/gate.h"
#include "loader/manifest.h"
#include "loader/note.h"
#include "loader/trust.h"

namespace kirsch::loader {

// A file that passed every check that needs no code of it. The descriptor is the one that was checked; copies are made
// from it.
struct ModuleFile {
  std::filesystem::path path;
  mutable base::UniqueFd descriptor;  // until Catalogue::release_files
  struct ::stat status {};
  Note note;
  std::shared_ptr<const Manifest> manifest;
};

// A file that cannot be used, why, and which names it would provide as far as that could be read.
struct FaultyFile {
  std::filesystem::path path;
  base::Diagnostic diagnostic;
  std::vector<std::pair<Kind, std::string>> claims;
};

// Trust, note, ABI, manifest, features, in this order; the first that fails is the diagnostic.
std::variant<ModuleFile, FaultyFile> examine(const TrustedDirectory& directory, const std::string& name,
                                             const Trust& trust, const HostAbi& host);

// The same for a file that another process trusts and has opened, from the note on.
std::variant<ModuleFile, FaultyFile> examine_handed(const std::filesystem::path& path, base::UniqueFd descriptor,
                                                    const HostAbi& host);

}  // namespace kirsch::loader
