// A configuration that is read from what was noted of its files, wherever they are now.
#include "config/snapshot.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "config/document.h"
#include "folder.h"

namespace kirsch::config {
namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  Snapshot recorded(const std::filesystem::path& file) {
    Snapshot snapshot;
    const Snapshot::Recording recording(snapshot);
    static_cast<void>(Document::from_file(file));
    return snapshot;
  }
  const Folder folder_;
};

TEST_F(SnapshotTest, GivesFilesAndGlobsAsTheyWere) {
  folder_.file("parts/one.yaml", "listeners: { a: { bind: \"127.0.0.1:1\" } }\n");
  const auto file = folder_.file("kirsch.yaml", "version: 1\ninclude: parts/*.yaml\n");
  const auto snapshot = Snapshot::unpacked(recorded(file).packed());
  folder_.file("parts/two.yaml", "listeners: { b: { bind: \"127.0.0.1:2\" } }\n");
  std::filesystem::remove(folder_.path() / "parts/one.yaml");
  folder_.file("kirsch.yaml", "half: {");
  const Snapshot::Replay replay(snapshot);
  const auto document = Document::from_file(file);
  const auto* listeners = document.root().value("listeners");
  ASSERT_NE(listeners, nullptr);
  EXPECT_NE(listeners->find("a"), nullptr);
  EXPECT_EQ(listeners->find("b"), nullptr);
}

TEST_F(SnapshotTest, HidesWhatIsNotInIt) {
  const auto file = folder_.file("kirsch.yaml", "version: 1\n");
  const auto other = folder_.file("other.yaml", "version: 1\n");
  const auto snapshot = recorded(file);
  const Snapshot::Replay replay(snapshot);
  EXPECT_NO_THROW(Document::from_file(file));
  EXPECT_THROW(Document::from_file(other), base::Refusal);
}

TEST_F(SnapshotTest, KeepsSecrets) {
  const auto path = folder_.file("secret", "geheim\n");
  Snapshot snapshot;
  {
    const Snapshot::Recording recording(snapshot);
    ASSERT_TRUE(std::holds_alternative<SecretFile>(read_secret(path)));
  }
  std::filesystem::remove(path);
  EXPECT_TRUE(std::holds_alternative<Misfit>(read_secret(path)));
  const auto handed = Snapshot::unpacked(snapshot.packed());
  const Snapshot::Replay replay(handed);
  EXPECT_EQ(std::get<SecretFile>(read_secret(path)).contents, "geheim");
}

TEST_F(SnapshotTest, RefusesDamagedBytes) {
  const auto file = folder_.file("kirsch.yaml", "version: 1\n");
  const auto bytes = recorded(file).packed();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(Snapshot::unpacked(bytes.substr(0, size)), std::exception) << size;
  EXPECT_THROW(Snapshot::unpacked("99999999999999999999 x"), std::exception);
}

}  // namespace
}  // namespace kirsch::config
