// Scans directories and indexes what was found.
#include "loader/catalogue.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

// The names that end in .so, sorted, so that messages and order do not depend on the file system.
std::vector<std::string> module_names(const TrustedDirectory& directory) {
  base::UniqueFd readable(::openat(directory.descriptor.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(readable ? ::fdopendir(readable.get()) : nullptr, &::closedir);
  if (!stream)
    throw base::Refusal(refused(code::unreadable_directory,
                                "directory " + directory.path.string() + " cannot be read: " + system_text(errno)));
  static_cast<void>(readable.release());  // the stream closes it
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name.ends_with(".so") && name.size() > 3 && name.front() != '.') names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Catalogue Catalogue::scan(std::span<const std::filesystem::path> directories, const Trust& trust, const HostAbi& host) {
  Catalogue catalogue;
  std::set<std::filesystem::path> seen;
  for (const std::filesystem::path& path : directories) {
    try {
      const TrustedDirectory directory = TrustedDirectory::open(path, trust);
      if (seen.insert(directory.path).second) catalogue.read_directory(directory, trust, host);
    } catch (const base::Refusal& refusal) {
      catalogue.errors_.push_back(refusal.diagnostics().front());
    }
  }
  // Dropping a consumer may take a provider away from another one.
  while (catalogue.drop_unserved()) continue;
  catalogue.index();
  return catalogue;
}

void Catalogue::read_directory(const TrustedDirectory& directory, const Trust& trust, const HostAbi& host) {
  for (const std::string& name : module_names(directory)) {
    auto examined = examine(directory, name, trust, host);
    if (auto* file = std::get_if<ModuleFile>(&examined))
      files_.push_back(std::make_unique<const ModuleFile>(std::move(*file)));
    else
      faulty_.push_back(std::move(std::get<FaultyFile>(examined)));
  }
}

std::set<std::string, std::less<>> Catalogue::services() const {
  std::set<std::string, std::less<>> ids;
  for (const auto& file : files_)
    for (const Offer& offer : file->manifest->provides)
      if (offer.kind == Kind::service) ids.insert(offer.service);
  return ids;
}

// Moves modules whose required services nobody provides to the faulty ones. True if there were any.
bool Catalogue::drop_unserved() {
  const auto offered = services();
  std::vector<std::unique_ptr<const ModuleFile>> served;
  for (auto& file : files_) {
    std::string missing;
    for (const std::string& service : file->manifest->services)
      if (!offered.contains(service)) missing += (missing.empty() ? "" : ", ") + service;
    if (missing.empty()) {
      served.push_back(std::move(file));
      continue;
    }
    const Manifest& manifest = *file->manifest;
    FaultyFile faulty{
        file->path,
        refused(code::missing_service,
                "module '" + manifest.name + "' refused: no usable module of plugins.path provides what it " +
                    "requires: " + missing,
                provenance(file->path, manifest.version, manifest.compiler, file->note.build_id) +
                    "; put a module that provides it beside this one"),
        {}};
    for (const Offer& offer : manifest.provides) faulty.claims.emplace_back(offer.kind, offer.name);
    faulty_.push_back(std::move(faulty));
  }
  const bool dropped = served.size() != files_.size();
  files_ = std::move(served);
  return dropped;
}

void Catalogue::index() {
  std::map<std::string, const ModuleFile*> modules;
  for (const auto& file : files_) {
    const auto [known, fresh] = modules.emplace(file->manifest->name, file.get());
    if (!fresh) {
      report_twice("module '" + file->manifest->name + "'", *known->second, *file);
      continue;
    }
    for (std::size_t number = 0; number < file->manifest->provides.size(); ++number) {
      const Offer& offer = file->manifest->provides[number];
      const auto [claim, first] = claims_.emplace(std::pair(offer.kind, offer.name), Provided{file.get(), number});
      if (!first) report_twice(std::string(word(offer.kind)) + " '" + offer.name + "'", *claim->second.file, *file);
    }
  }
}

void Catalogue::report_twice(const std::string& what, const ModuleFile& first, const ModuleFile& second) {
  errors_.push_back(refused(code::provided_twice,
                            what + " is provided twice: by " + first.path.string() + " and by " + second.path.string(),
                            "keep one of the two files in plugins.path"));
}

const Provided* Catalogue::find(Kind kind, std::string_view name) const {
  const auto found = claims_.find(std::pair(kind, std::string(name)));
  return found == claims_.end() ? nullptr : &found->second;
}

const base::Diagnostic* Catalogue::fault(Kind kind, std::string_view name) const {
  for (const FaultyFile& file : faulty_)
    for (const auto& [claimed, claim] : file.claims)
      if (claimed == kind && claim == name) return &file.diagnostic;
  for (const FaultyFile& file : faulty_)
    if (file.path.stem() == name) return &file.diagnostic;
  return nullptr;
}

std::vector<std::string> Catalogue::names(Kind kind) const {
  std::vector<std::string> names;
  for (const auto& [claim, provided] : claims_)
    if (claim.first == kind) names.push_back(claim.second);
  return names;
}

std::vector<const Provided*> Catalogue::providers(std::string_view service) const {
  std::vector<const Provided*> found;
  for (const auto& file : files_)
    for (const Offer& offer : file->manifest->provides)
      if (offer.kind == Kind::service && offer.service == service) {
        const Provided* provided = find(Kind::service, offer.name);
        if (provided != nullptr && provided->file == file.get()) found.push_back(provided);
      }
  return found;
}

std::vector<base::Diagnostic> Catalogue::warnings() const {
  std::vector<base::Diagnostic> list;
  for (const FaultyFile& file : faulty_) {
    list.push_back(file.diagnostic);
    list.back().severity = base::Severity::warning;
  }
  return list;
}

}  // namespace kirsch::loader
