// Which modules generations share, and which they do not.
#include "server/module_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "loader/catalogue.h"
#include "support/folder.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

// With one fixture in its directory of plugins.
class Stored {
 public:
  explicit Stored(const fs::path& fixture) {
    for (const auto* name : {"plugins", "state"}) fs::create_directory(folder_.path() / name);
    const std::vector<fs::path> directories = {fs::canonical(folder_.path()) / "plugins"};
    fs::copy_file(test::build_folder() / "fixtures" / fixture, directories.front() / fixture.filename());
    const auto features = pipeline::Host::features();
    loader::HostAbi host_abi;
    host_abi.features.insert(features.begin(), features.end());
    catalogue_ = loader::Catalogue::scan(directories, loader::Trust({::geteuid()}), host_abi);
  }

  std::shared_ptr<const LoadedModule> load() { return store_.load(*catalogue_.files().at(0), {}, probe_); }
  const pipeline::Metrics& metrics() { return host_.metrics(); }

 private:
  const test::TemporaryFolder folder_;
  loader::Catalogue catalogue_;
  base::Logs logs_{{}};
  pipeline::Host host_{logs_, 1, 1, {}};
  ModuleStore store_{host_, logs_.error(), folder_.path() / "state"};
  loader::Probe probe_;
};

TEST(ModuleStore, gives_the_same_module_for_the_same_bytes_until_it_was_ended) {
  Stored stored("noop.so");
  const auto first = stored.load();
  EXPECT_EQ(stored.load(), first);
  // As for a generation that has to stay loaded, because something of another module still runs.
  ASSERT_TRUE(first->end_calls(std::chrono::milliseconds(0)));
  const auto second = stored.load();
  EXPECT_NE(second, first) << "it has no timers and no workers any more";
  EXPECT_EQ(stored.load(), second);
}

TEST(ModuleStore, keeps_nothing_of_a_module_that_refuses_to_start) {
  Stored stored(fs::path("loader") / "counting_init_failure.so");
  EXPECT_THROW(stored.load(), base::Refusal);
  EXPECT_EQ(stored.metrics().text(), "");
}

}  // namespace
}  // namespace kirsch::server
