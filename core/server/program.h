// What is started when this server starts another process of itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kirsch::server {

struct Program {
  std::filesystem::path path;          // of the binary; what is on disk when it is started, which may be a newer one
  std::vector<std::string> arguments;  // with the name in front

  // `kirsch run` of `configuration` by the binary that runs now. Call before the working directory changes.
  static Program serving(const std::filesystem::path& configuration);
};

}  // namespace kirsch::server
