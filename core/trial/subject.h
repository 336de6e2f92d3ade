// The module that is tried, and those around it that it may need.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "loader/linkage.h"
#include "server/blueprint.h"

namespace kirsch::trial {

struct Order {
  std::filesystem::path file;
  std::vector<std::filesystem::path> directories;  // where modules are that it needs; beside its own and the server's
  std::map<std::string, std::string> options;      // by what it provides: YAML
};

struct Subject {
  std::filesystem::path folder;                // for what is made meanwhile; there is nothing else in it
  server::Blueprint blueprint;                 // names nothing; its catalogue has the module and those around it
  const loader::ModuleFile* file = nullptr;    // in that catalogue
  loader::LinkageReading linkage;              // of it
  std::map<std::string, std::string> options;  // as in the order

  const loader::Manifest& manifest() const { return *file->manifest; }
};

// Runs no code of any module. Whoever owns the file, it is looked at. Throws base::Refusal.
Subject examine(const Order& order, const std::filesystem::path& folder);

}  // namespace kirsch::trial
