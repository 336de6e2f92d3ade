// A folder of this process alone, gone with what is in it when the object goes.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace kirsch::base {

class TemporaryFolder {
 public:
  // Only its owner may look into it. Its name begins with `name`. Throws std::filesystem::filesystem_error.
  explicit TemporaryFolder(const std::string& name);
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  void clear() const noexcept;  // of what is in it

  // Removes this user's folders of that name whose processes, children included, have been killed.
  static void sweep(const std::string& name) noexcept;

 private:
  std::filesystem::path path_;
  UniqueFd lock_;  // of the folder, as long as somebody has it
};

}  // namespace kirsch::base
