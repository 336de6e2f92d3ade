// What the directories of plugins.path offer, read from notes only: no code of a module runs here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "loader/manifest.h"
#include "loader/module_file.h"
#include "loader/trust.h"

namespace kirsch::loader {

struct Provided {
  const ModuleFile* file;  // owned by the catalogue
  std::size_t index;       // in manifest->provides and in kirsch_module_entry::provided
  const Offer& offer() const { return file->manifest->provides[index]; }
};

// Movable; pointers into it stay valid while it, or what it was moved to, lives.
class Catalogue {
 public:
  // Reads `*.so` of each directory in order, by name, without descending. Never throws for what it finds: see errors()
  // and faulty().
  static Catalogue scan(std::span<const std::filesystem::path> directories, const Trust& trust, const HostAbi& host);

  // Files that another process has examined, with what makes them trusted; `path` is for messages.
  struct Handed {
    std::filesystem::path path;
    base::UniqueFd descriptor;
  };
  static Catalogue of(std::vector<Handed> files, const HostAbi& host);

  // A tool, handler or plugin. Null: nobody provides it; then fault() may say why.
  const Provided* find(Kind kind, std::string_view name) const;
  // The error of the faulty file that claims `name`, or whose file name is `name`.so; null if there is none.
  const base::Diagnostic* fault(Kind kind, std::string_view name) const;
  // Sorted; for "did you mean".
  std::vector<std::string> names(Kind kind) const;
  // Who provides the interface `service`, in the order of the files.
  std::vector<const Provided*> providers(std::string_view service) const;

  // What must stop the start whoever is named: a directory that is missing or untrusted (which is its position, line
  // 0), a name that two files provide.
  const std::vector<base::Diagnostic>& errors() const { return errors_; }
  // Every faulty file as a warning: for a start in which none of them was named.
  std::vector<base::Diagnostic> warnings() const;

  // Closes all files, of which nothing can be copied any more.
  void release_files() const noexcept {
    for (const auto& file : files_) file->descriptor.reset();
  }

  const std::vector<std::unique_ptr<const ModuleFile>>& files() const { return files_; }
  const std::vector<FaultyFile>& faulty() const { return faulty_; }

 private:
  // Kind, service, name: providers of different services may have the same name.
  using Claims = std::map<std::tuple<Kind, std::string, std::string>, Provided>;

  void add(std::variant<ModuleFile, FaultyFile> examined);
  void read_directory(const TrustedDirectory& directory, const Trust& trust, const HostAbi& host);
  template <typename Refusal>
  bool drop(Refusal refusal);
  bool drop_unserved();
  void drop_circular();
  void index();
  void report_twice(const std::string& what, const ModuleFile& first, const ModuleFile& second);
  std::set<std::string, std::less<>> services() const;

  std::vector<std::unique_ptr<const ModuleFile>> files_;
  std::vector<FaultyFile> faulty_;
  Claims claims_;
  std::vector<base::Diagnostic> errors_;
};

}  // namespace kirsch::loader
