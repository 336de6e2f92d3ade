// The server.state of a host: a folder of its own that goes with it.
#pragma once

#include <filesystem>

namespace kirsch::testing {

class StateFolder {
 public:
  StateFolder();  // throws std::filesystem::filesystem_error
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  ~StateFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace kirsch::testing
