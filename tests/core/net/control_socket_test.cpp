// Whose the file of a control socket is, and who can keep it from being made.
#include "net/control_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include <filesystem>
#include <optional>

#include "base/diagnostic.h"
#include "support/folder.h"

namespace kirsch::net::test {
namespace {

TEST(ControlSocketFile, of_another_server_that_was_bound_since_is_left_at_the_end) {
  const kirsch::test::TemporaryFolder folder;
  const auto path = folder.path() / "control";
  std::optional first(ControlSocket::bind(path));
  std::filesystem::remove(path);
  const auto second = ControlSocket::bind(path);
  first.reset();
  EXPECT_TRUE(connect_control(path));
}

TEST(ControlSocketFile, is_removed_at_the_end) {
  const kirsch::test::TemporaryFolder folder;
  const auto path = folder.path() / "control";
  std::optional socket(ControlSocket::bind(path));
  ASSERT_TRUE(std::filesystem::exists(path));
  socket.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ControlSocketFile, is_refused_where_another_process_holds_the_lock_of_the_folder) {
  const kirsch::test::TemporaryFolder folder;
  const base::UniqueFd directory(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(directory.get(), LOCK_EX), 0);
  try {
    ControlSocket::bind(folder.path() / "control");
    FAIL() << "it was bound";
  } catch (const base::Refusal& refusal) {
    EXPECT_EQ(refusal.exit_code(), base::ExitCode::bind_or_permission);
    EXPECT_THAT(refusal.what(), ::testing::HasSubstr("another process holds the lock of the folder"));
  }
  ::flock(directory.get(), LOCK_UN);
  EXPECT_GE(ControlSocket::bind(folder.path() / "control").descriptor(), 0);
}

}  // namespace
}  // namespace kirsch::net::test
