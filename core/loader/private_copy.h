// The server's own copies of the modules it loads. An operator may overwrite or replace a module while the server runs:
// a mapped file that shrinks is SIGBUS, and dlopen of a known path returns the old code.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "loader/catalogue.h"

namespace kirsch::loader {

// Makes `state` and in it the place for the copies of `user`, for a process that drops its privileges later. Call as
// root, before the drop. Throws base::Refusal (M209, M204).
void prepare_private_copies(const std::filesystem::path& state, uid_t user, gid_t group);

// One directory per process (or family of forks) below `state`/modules.<uid>, locked while one of them lives. Copies of
// different users never share a directory: a run user must not be able to replace what root loads.
// Not thread-safe: used by the thread that loads modules.
class PrivateCopies {
 public:
  // Makes what is missing (0700) and removes what dead processes left behind. Throws base::Refusal (M209, M204).
  explicit PrivateCopies(const std::filesystem::path& state);
  PrivateCopies(const PrivateCopies&) = delete;
  PrivateCopies& operator=(const PrivateCopies&) = delete;
  // Removes the directory with all copies, unless a fork of this process still holds it: then the last one does.
  // Mappings of the copies stay valid.
  ~PrivateCopies();

  const std::filesystem::path& path() const { return path_; }

  // Copies from the descriptor that was checked. Each call gives a new path, `path`/<n>/<name>.so, so that dlopen never
  // answers with older code. Throws base::Refusal (M209), also if the file changes meanwhile.
  std::filesystem::path copy(const ModuleFile& file);
  // Removes one; a mapping of it stays valid.
  static void remove(const std::filesystem::path& copy) noexcept;
  // Whether it has the bytes of that file.
  static bool holds(const std::filesystem::path& copy, const ModuleFile& file);

 private:
  base::UniqueFd modules_;    // modules.<uid>
  base::UniqueFd directory_;  // our own, below it; carries the lock
  std::string name_;
  std::filesystem::path path_;
  unsigned copies_ = 0;
};

}  // namespace kirsch::loader
