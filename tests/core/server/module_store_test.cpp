// Which modules generations share, and which they do not.
#include "server/module_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "loader/catalogue.h"
#include "support/folder.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

TEST(ModuleStore, gives_the_same_module_for_the_same_bytes_until_it_was_ended) {
  const test::TemporaryFolder folder;
  const std::vector<fs::path> directories = {fs::canonical(folder.path()) / "plugins"};
  for (const auto* name : {"plugins", "state"}) fs::create_directory(folder.path() / name);
  fs::copy_file(test::build_folder() / "fixtures" / "noop.so", directories.front() / "noop.so");
  const auto features = pipeline::Host::features();
  loader::HostAbi host_abi;
  host_abi.features.insert(features.begin(), features.end());
  const auto catalogue = loader::Catalogue::scan(directories, loader::Trust({::geteuid()}), host_abi);
  ASSERT_EQ(catalogue.files().size(), 1u);
  const auto& file = *catalogue.files().front();
  base::Logs logs({});
  pipeline::Host host(logs, 1, 1, {});
  ModuleStore store(host, logs.error(), folder.path() / "state");

  loader::Probe probe;
  const auto first = store.load(file, {}, probe);
  EXPECT_EQ(store.load(file, {}, probe), first);
  // As for a generation that has to stay loaded, because something of another module still runs.
  ASSERT_TRUE(first->end_calls(std::chrono::milliseconds(0)));
  const auto second = store.load(file, {}, probe);
  EXPECT_NE(second, first) << "it has no timers and no workers any more";
  EXPECT_EQ(store.load(file, {}, probe), second);
}

}  // namespace
}  // namespace kirsch::server
