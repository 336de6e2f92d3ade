// Whose the file of a control socket is.
#include "net/control_socket.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

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

}  // namespace
}  // namespace kirsch::net::test
