// Runs one file through the checks.
#include "loader/module_file.h"

#include <fcntl.h>

#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

// What an untrusted file claims serves only to tell the operator that the name he wrote is in it.
ManifestHead claims_of_untrusted(const TrustedDirectory& directory, const std::string& name) {
  const base::UniqueFd file(
      ::openat(directory.descriptor.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct ::stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const NoteReading reading = read_note(file.get());
  return reading.note ? read_manifest_head(reading.note->manifest) : ManifestHead{};
}

std::variant<ModuleFile, FaultyFile> examine_content(const std::filesystem::path& path, base::UniqueFd descriptor,
                                                     const struct ::stat& status, const HostAbi& host) {
  NoteReading reading = read_note(descriptor.get());
  if (!reading.note)
    return FaultyFile{path,
                      refused(code::unreadable_note, "file " + path.string() + " " + reading.fault,
                              "nothing of it was run; build it with the SDK, or move it out of the directory"),
                      {}};
  const ManifestHead head = read_manifest_head(reading.note->manifest);
  if (auto diagnostic = check_abi(path, *reading.note, head, host))
    return FaultyFile{path, std::move(*diagnostic), head.claims};
  ManifestReading content = read_manifest(reading.note->manifest);
  if (!content.manifest)
    return FaultyFile{
        path,
        refused(code::invalid_manifest, "the manifest of " + path.string() + " cannot be used: " + content.fault,
                "nothing of the module was run; rebuild it with the SDK of this server"),
        head.claims};
  if (auto diagnostic = check_features(path, *reading.note, *content.manifest, host))
    return FaultyFile{path, std::move(*diagnostic), head.claims};
  return ModuleFile{path, std::move(descriptor), status, std::move(*reading.note),
                    std::make_shared<const Manifest>(std::move(*content.manifest))};
}

}  // namespace

std::variant<ModuleFile, FaultyFile> examine(const TrustedDirectory& directory, const std::string& name,
                                             const Trust& trust, const HostAbi& host) {
  const std::filesystem::path path = directory.path / name;
  TrustedFile file;
  try {
    file = open_trusted_file(directory, name, trust);
  } catch (const base::Refusal& refusal) {
    return FaultyFile{path, refusal.diagnostics().front(), claims_of_untrusted(directory, name).claims};
  }
  return examine_content(path, std::move(file.descriptor), file.status, host);
}

std::variant<ModuleFile, FaultyFile> examine_handed(const std::filesystem::path& path, base::UniqueFd descriptor,
                                                    const HostAbi& host) {
  struct ::stat status {};
  ::fstat(descriptor.get(), &status);
  return examine_content(path, std::move(descriptor), status, host);
}

}  // namespace kirsch::loader
