// Folders that go with their object.
#include "base/temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace kirsch::base {
namespace {

TEST(TemporaryFolderTest, IsItsOwnersAloneAndGoesWithWhatIsInIt) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder("kirsch-base"), other("kirsch-base");
    path = folder.path();
    EXPECT_NE(path, other.path());
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    std::filesystem::create_directories(path / "a/b");
    std::ofstream(path / "a/file") << "x";
    folder.clear();
    EXPECT_TRUE(std::filesystem::is_empty(path));
    std::ofstream(path / "file") << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace kirsch::base
