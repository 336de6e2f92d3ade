// Messages with descriptors for which there is no room.
#include "net/message_channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace kirsch::net::test {
namespace {

TEST(MessageChannel, brings_all_descriptors_of_a_message_or_none) {
  auto [sender, receiver] = MessageChannel::pair();
  const base::UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const int lowest = base::UniqueFd(::dup(file.get())).get();  // that is free again
  const rlimit room_for_one{static_cast<rlim_t>(lowest) + 1, usual.rlim_max};
  for (const bool enough : {false, true}) {
    ASSERT_TRUE(sender.send("files", "two", {file.get(), file.get()}));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, enough ? &usual : &room_for_one), 0);
    const auto message = receiver.receive(std::chrono::milliseconds(0));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body, "two");
    EXPECT_EQ(message->descriptors.size(), enough ? 2u : 0u);
  }
}

}  // namespace
}  // namespace kirsch::net::test
