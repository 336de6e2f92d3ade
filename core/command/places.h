// Where something stands, for reports: as short as it can be said without a doubt.
#pragma once

#include <filesystem>
#include <string>

#include "base/diagnostic.h"

namespace kirsch::command {

class Places {
 public:
  // `configuration` is the file that was asked for.
  explicit Places(const std::filesystem::path& configuration);

  // "kirsch.yaml:12" for the configuration, "conf.d/a.yaml:3" for a file below its folder, else the whole path;
  // "default" for what nobody wrote.
  std::string operator()(const base::Position& position) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace kirsch::command
