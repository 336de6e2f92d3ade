// A fresh private folder for one test, removed with everything in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "support/build.h"

namespace kirsch::test {

class TemporaryFolder {
 public:
  TemporaryFolder();  // throws std::system_error
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file (folders on the way are made) and returns its absolute path.
  std::filesystem::path write(const std::filesystem::path& relative, std::string_view contents) const;

 private:
  std::filesystem::path path_;
};

// The whole file; throws std::runtime_error if it cannot be read.
std::string contents_of(const std::filesystem::path& file);

}  // namespace kirsch::test
