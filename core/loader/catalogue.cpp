// Scans directories and indexes what was found.
#include "loader/catalogue.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "loader/circle.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

// The names that end in .so, sorted, so that messages and order do not depend on the file system.
std::vector<std::string> module_names(const TrustedDirectory& directory) {
  base::UniqueFd readable(::openat(directory.descriptor.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(readable ? ::fdopendir(readable.get()) : nullptr, &::closedir);
  if (!stream)
    throw base::Refusal(refused(code::unreadable_directory,
                                "directory " + directory.path.string() + " cannot be read: " + system_text(errno),
                                "make it readable for who starts the server, or take it out of plugins.path"));
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
      catalogue.errors_.back().position = base::Position{path.string()};
    }
  }
  // Dropping a consumer may take a provider away from another one.
  while (catalogue.drop_unserved()) continue;
  catalogue.drop_circular();
  catalogue.index();
  return catalogue;
}

Catalogue Catalogue::of(std::vector<Handed> files, const HostAbi& host) {
  Catalogue catalogue;
  for (auto& file : files) catalogue.add(examine_handed(file.path, std::move(file.descriptor), host));
  while (catalogue.drop_unserved()) continue;
  catalogue.drop_circular();
  catalogue.index();
  return catalogue;
}

void Catalogue::add(std::variant<ModuleFile, FaultyFile> examined) {
  if (auto* file = std::get_if<ModuleFile>(&examined))
    files_.push_back(std::make_unique<const ModuleFile>(std::move(*file)));
  else
    faulty_.push_back(std::move(std::get<FaultyFile>(examined)));
}

void Catalogue::read_directory(const TrustedDirectory& directory, const Trust& trust, const HostAbi& host) {
  for (const std::string& name : module_names(directory)) add(examine(directory, name, trust, host));
}

std::set<std::string, std::less<>> Catalogue::services() const {
  std::set<std::string, std::less<>> ids;
  for (const auto& file : files_)
    for (const Offer& offer : file->manifest->provides)
      if (offer.kind == Kind::service) ids.insert(offer.service);
  return ids;
}

// Moves the modules that `refusal` has something against to the faulty ones. True if there were any.
template <typename Refusal>
bool Catalogue::drop(Refusal refusal) {
  std::vector<std::unique_ptr<const ModuleFile>> kept;
  for (auto& file : files_) {
    std::optional<base::Diagnostic> diagnostic = refusal(*file);
    if (!diagnostic) {
      kept.push_back(std::move(file));
      continue;
    }
    FaultyFile faulty{file->path, std::move(*diagnostic), {}};
    for (const Offer& offer : file->manifest->provides) faulty.claims.emplace_back(offer.kind, offer.name);
    faulty_.push_back(std::move(faulty));
  }
  const bool dropped = kept.size() != files_.size();
  files_ = std::move(kept);
  return dropped;
}

bool Catalogue::drop_unserved() {
  return drop([offered = services()](const ModuleFile& file) -> std::optional<base::Diagnostic> {
    const Manifest& manifest = *file.manifest;
    std::string missing;
    for (const std::string& service : manifest.services)
      if (!offered.contains(service)) missing += (missing.empty() ? "" : ", ") + service;
    if (missing.empty()) return std::nullopt;
    return refused(code::missing_service,
                   "module '" + manifest.name + "' refused: no usable module of plugins.path provides what it " +
                       "requires: " + missing,
                   provenance(file.path, manifest.version, manifest.compiler, file.note.build_id) +
                       "; put a module that provides it beside this one");
  });
}

void Catalogue::drop_circular() {
  drop([ways = circles(files_)](const ModuleFile& file) {
    const auto way = ways.find(&file);
    return way == ways.end() ? std::nullopt : std::optional(refuse_circle(way->second));
  });
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
      const auto [claim, first] =
          claims_.emplace(std::tuple(offer.kind, offer.service, offer.name), Provided{file.get(), number});
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
  const auto found = claims_.find(std::tuple(kind, std::string(), std::string(name)));
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
    if (std::get<Kind>(claim) == kind) names.push_back(std::get<2>(claim));
  return names;
}

std::vector<const Provided*> Catalogue::providers(std::string_view service) const {
  std::vector<const Provided*> found;
  for (const auto& file : files_)
    for (const Offer& offer : file->manifest->provides)
      if (offer.kind == Kind::service && offer.service == service) {
        const Provided& provided = claims_.at(std::tuple(Kind::service, offer.service, offer.name));
        if (provided.file == file.get()) found.push_back(&provided);
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
