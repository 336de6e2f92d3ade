// A catalogue in which the module comes first, and nobody else provides what it does.
#include "trial/subject.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include "loader/refusal.h"
#include "server/module_search.h"

namespace kirsch::trial {
namespace {

namespace fs = std::filesystem;
using Handed = loader::Catalogue::Handed;

constexpr std::size_t largest = 256 * 1024 * 1024;

base::UniqueFd opened(const fs::path& path) {
  base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct ::stat status {};
  const bool stated = file && ::fstat(file.get(), &status) == 0;
  if (!stated)
    throw base::Refusal(loader::refused(loader::code::unreadable_note,
                                        "file " + path.string() + " cannot be read: " + loader::system_text(errno),
                                        "name the .so that was built"));
  if (!S_ISREG(status.st_mode))
    throw base::Refusal(loader::refused(loader::code::unreadable_note, "file " + path.string() + " is no regular file",
                                        "name the .so that was built"));
  return file;
}

base::UniqueFd copy_of(const base::UniqueFd& file) { return base::UniqueFd(::fcntl(file.get(), F_DUPFD_CLOEXEC, 3)); }

std::vector<std::byte> bytes_of(const base::UniqueFd& file) {
  struct ::stat status {};
  ::fstat(file.get(), &status);
  std::vector<std::byte> bytes(std::min(static_cast<std::size_t>(status.st_size), largest));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t count = ::pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    at += static_cast<std::size_t>(count);
  }
  bytes.resize(at);
  return bytes;
}

// Those whose names are still free.
class Surroundings {
 public:
  explicit Surroundings(const loader::ModuleFile& file) { claim(file); }

  void add(const server::ModuleSearch& found, std::vector<Handed>& files) {
    for (const auto& file : found.catalogue.files())
      if (claim(*file)) files.push_back({file->path, copy_of(file->descriptor)});
  }

 private:
  bool claim(const loader::ModuleFile& file) {
    const auto& offers = file.manifest->provides;
    const auto taken = [&](const loader::Offer& offer) { return claims_.contains(claim_of(offer)); };
    if (modules_.contains(file.manifest->name) || std::ranges::any_of(offers, taken)) return false;
    modules_.insert(file.manifest->name);
    for (const auto& offer : offers) claims_.insert(claim_of(offer));
    return true;
  }

  std::set<std::string> modules_;
  // As the catalogue: providers of different services may have the same name.
  using Claim = std::tuple<loader::Kind, std::string, std::string>;
  static Claim claim_of(const loader::Offer& offer) { return {offer.kind, offer.service, offer.name}; }

  std::set<Claim> claims_;
};

std::vector<Handed> around(const loader::ModuleFile& file, const Order& order) {
  std::vector<Handed> files;
  Surroundings surroundings(file);
  config::PluginSettings named;
  for (const auto& directory : order.directories) named.path.push_back({fs::absolute(directory).string(), {}});
  named.path.push_back({file.path.parent_path().string(), {}});
  surroundings.add(server::find_modules(named), files);
  surroundings.add(server::find_modules({}), files);
  return files;
}

}  // namespace

Subject examine(const Order& order, const fs::path& folder) {
  const fs::path path = fs::absolute(order.file).lexically_normal();
  const auto descriptor = opened(path);
  auto alone = loader::examine_handed(path, copy_of(descriptor), server::host_abi());
  if (const auto* faulty = std::get_if<loader::FaultyFile>(&alone)) throw base::Refusal(faulty->diagnostic);
  auto files = around(std::get<loader::ModuleFile>(alone), order);
  files.insert(files.begin(), Handed{path, copy_of(descriptor)});
  Subject subject{.folder = folder, .blueprint = {}, .file = nullptr, .linkage = {}, .options = order.options};
  subject.blueprint.catalogue = loader::Catalogue::of(std::move(files), server::host_abi());
  for (const auto& file : subject.blueprint.catalogue.files())
    if (file->path == path) subject.file = file.get();
  for (const auto& faulty : subject.blueprint.catalogue.faulty())
    if (subject.file == nullptr && faulty.path == path) throw base::Refusal(faulty.diagnostic);
  subject.linkage = loader::read_linkage(bytes_of(descriptor));
  return subject;
}

}  // namespace kirsch::trial
