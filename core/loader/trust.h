// Decides whether a file may be loaded: nobody but trusted owners could have written it or put it there. Everything is
// checked on open descriptors, so what was checked is what is read later.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/unique_fd.h"

namespace kirsch::loader {

// Root is always trusted; `owners` names the others: the user that started the server (not after a privilege drop), and
// those of plugins.owners.
class Trust {
 public:
  explicit Trust(std::vector<uid_t> owners = {}) : owners_(std::move(owners)) {}
  bool trusts(uid_t owner) const;
  // "root", or "root or alice (1000)"
  std::string names() const;

 private:
  std::vector<uid_t> owners_;
};

// A directory whose every component from `/` on has a trusted owner and is writable for nobody else. A sticky one may
// be writable for all, because what lies below it is checked for its owner too. Links to directories are followed where
// they lie in such a directory and are owned like one.
struct TrustedDirectory {
  base::UniqueFd descriptor;   // O_PATH: for openat and its like; a state directory need not be readable
  std::filesystem::path path;  // absolute, without links

  // Throws base::Refusal: M208 if it cannot be opened, M204 if it cannot be trusted.
  static TrustedDirectory open(const std::filesystem::path& path, const Trust& trust);
};

struct TrustedFile {
  base::UniqueFd descriptor;  // read only
  struct ::stat status {};
};

// Opens `name` in `directory`: a regular file of a trusted owner, not writable for group or others, not a link.
// Throws base::Refusal (M204).
TrustedFile open_trusted_file(const TrustedDirectory& directory, const std::string& name, const Trust& trust);

}  // namespace kirsch::loader
