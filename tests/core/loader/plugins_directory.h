// A plugins directory of its own for a test, filled with fixtures.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "loader/catalogue.h"
#include "support/folder.h"

namespace kirsch::loader {

using test::contents_of;

inline Trust own_trust() { return Trust({::geteuid()}); }

inline HostAbi test_host() {
  HostAbi host;
  host.features = {"kirsch/log/1", "test/trace/1"};
  return host;
}

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(KIRSCH_FIXTURES) / (name + ".so");
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  ::chmod(path.c_str(), 0644);
}

class PluginsDirectory {
 public:
  const std::filesystem::path& path() const { return path_; }

  // Copies a fixture as `name`.so, by default under its own name.
  std::filesystem::path add(const std::string& fixture_name, const std::string& name = {}) const {
    const std::filesystem::path path = path_ / ((name.empty() ? fixture_name : name) + ".so");
    write_file(path, contents_of(fixture(fixture_name)));
    return path;
  }

  Catalogue scan() const {
    const std::vector<std::filesystem::path> directories = {path_};
    return Catalogue::scan(directories, own_trust(), test_host());
  }

 private:
  const test::TemporaryFolder folder_;
  const std::filesystem::path path_ = std::filesystem::canonical(folder_.path());
};

// The only module of a catalogue; the test has failed where it is not alone.
inline const ModuleFile& only_file(const Catalogue& catalogue) {
  EXPECT_EQ(catalogue.files().size(), 1u);
  EXPECT_TRUE(catalogue.faulty().empty()) << catalogue.faulty().front().diagnostic.message;
  return *catalogue.files().front();
}

}  // namespace kirsch::loader
