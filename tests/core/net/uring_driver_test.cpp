// What only io_uring can run out of: buffers, room for events, room for what is asked. And what it still holds when a
// connection ends.
#include "net/uring_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/diagnostic.h"
#include "loopback.h"
#include "net/uring_probe.h"
#include "support/forbidden.h"

namespace kirsch::net::test {
namespace {

class UringDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto obstacle = uring_obstacle()) GTEST_SKIP() << *obstacle;
  }
};

// Keeps what comes; answers with all of it when `size` bytes are there.
void answer_after(Connection& connection, std::size_t size) {
  auto got = std::make_shared<std::string>();
  connection.data = [&connection, got, size](std::span<char> bytes) {
    got->append(bytes.data(), bytes.size());
    if (got->size() == size) send_text(connection, *got);
  };
  connection.end = [&connection] { std::exchange(connection.transport, nullptr)->close(); };
}

// While the loop is busy all of `count` clients connect and write `size` bytes, so that it finds all at once.
void all_at_once(const UringDriver::Sizes& sizes, std::size_t count, std::size_t size) {
  ConnectionAcceptor acceptor([size](Connection& connection) { answer_after(connection, size); });
  RunningLoop running(std::make_unique<UringDriver>(sizes));
  const Address address = serve(running, acceptor);
  std::vector<Client> clients;
  running.call([&] {
    for (std::size_t number = 0; number < count; ++number) clients.emplace_back(address);
  });
  for (int round = 0; round < 2; ++round) {
    running.call([&] {
      for (std::size_t number = 0; number < count; ++number) {
        ASSERT_TRUE(clients[number].write(pattern(size / 2, number)));
      }
    });
  }
  for (std::size_t number = 0; number < count; ++number) {
    const std::string half = pattern(size / 2, number);
    ASSERT_TRUE(clients[number].read(size) == half + half) << number;
  }
}

TEST_F(UringDriverTest, ReceivesMoreAtOnceThanItHasBuffers) { all_at_once({.buffers = 2, .buffer = 16}, 20, 1000); }

TEST_F(UringDriverTest, LosesNoEventThatItsQueueHasNoRoomFor) {
  all_at_once({.entries = 2, .completions = 2}, 100, 100);
}

TEST_F(UringDriverTest, LosesNothingWhereEverythingIsShort) {
  all_at_once({.entries = 1, .completions = 2, .buffers = 1, .buffer = 64}, 100, 300);
}

TEST_F(UringDriverTest, ReceivesAMebibyteThroughTwoSmallBuffers) {
  constexpr std::size_t size = 1 << 20;
  ConnectionAcceptor acceptor([](Connection& connection) { answer_after(connection, size); });
  RunningLoop running(std::make_unique<UringDriver>(UringDriver::Sizes{.buffers = 2, .buffer = 512}));
  Client client(serve(running, acceptor));
  const std::string body = pattern(size);
  ASSERT_TRUE(client.write(body));
  EXPECT_TRUE(client.read(size) == body);
}

TEST_F(UringDriverTest, KeepsTheOrderOfWhatComesWhileReadingStopsAndGoesOn) {
  constexpr std::size_t size = 1 << 20;
  std::string got;
  std::promise<void> all;
  Loop* loop = nullptr;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char> bytes) {
      got.append(bytes.data(), bytes.size());
      if (got.size() == size) return all.set_value();
      connection.transport->pause_reading();
      loop->post([&connection] { connection.transport->resume_reading(); });
    };
  });
  RunningLoop running(std::make_unique<UringDriver>(UringDriver::Sizes{.buffer = 512}));
  loop = &running.loop();
  Client client(serve(running, acceptor));
  const std::string body = pattern(size);
  ASSERT_TRUE(client.write(body));
  all.get_future().get();
  EXPECT_TRUE(got == body);
}

enum class End { close, abort, loop };

// Output that the kernel has not taken is the connection's no more once it has ended: the client must not see what its
// owner wrote there afterwards.
void end_during_a_send(End how) {
  const std::string body = pattern(16 << 20);
  std::string memory = body;
  std::promise<Connection*> sending;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char>) {
      const std::size_t half = memory.size() / 2;
      const iovec pieces[] = {{memory.data(), half}, {memory.data() + half, memory.size() - half}};
      connection.transport->send(pieces);
      sending.set_value(&connection);
    };
    connection.lost = [&](int) { std::ranges::fill(memory, '!'); };
  });
  RunningLoop running(std::make_unique<UringDriver>());
  Client client(serve(running, acceptor), 4096);
  ASSERT_TRUE(client.write("x"));
  Connection* connection = sending.get_future().get();
  std::string got = client.read(100'000);  // so the send is under way
  if (how == End::loop) {
    running.end();
  } else {
    running.call([&] {
      Transport& transport = *std::exchange(connection->transport, nullptr);
      how == End::close ? transport.close() : transport.abort();
      std::ranges::fill(memory, '!');
    });
  }
  got += client.read(body.size());
  EXPECT_LT(got.size(), body.size());
  EXPECT_TRUE(got == body.substr(0, got.size()));
}

TEST_F(UringDriverTest, LeavesTheMemoryOfASendWhenItsConnectionIsClosed) { end_during_a_send(End::close); }

TEST_F(UringDriverTest, LeavesTheMemoryOfASendWhenItsConnectionIsAborted) { end_during_a_send(End::abort); }

TEST_F(UringDriverTest, LeavesTheMemoryOfASendWhenTheLoopEnds) { end_during_a_send(End::loop); }

TEST_F(UringDriverTest, LeavesTheMemoryOfASendThatWasAskedForInTheSameTurn) {
  const std::string body = pattern(16 << 20);
  std::string memory = body;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char>) {
      const iovec piece{memory.data(), memory.size()};
      Transport& transport = *std::exchange(connection.transport, nullptr);
      transport.send({&piece, 1});
      transport.close();
      std::ranges::fill(memory, '!');
    };
  });
  RunningLoop running(std::make_unique<UringDriver>());
  Client client(serve(running, acceptor), 4096);
  ASSERT_TRUE(client.write("x"));
  const std::string got = client.read(body.size());
  EXPECT_FALSE(got.empty());
  EXPECT_LT(got.size(), body.size());
  EXPECT_TRUE(got == body.substr(0, got.size()));
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(UringDriverTest, LetsConnectionsGoThatItClosesWhileItReceives) {
  constexpr std::size_t count = 500;
  std::array<std::promise<void>, 3> rounds;
  std::size_t accepted = 0;
  ConnectionAcceptor acceptor([&](Connection&) {
    if (++accepted % count == 0) rounds[accepted / count - 1].set_value();
  });
  RunningLoop running(std::make_unique<UringDriver>());
  const Address address = serve(running, acceptor);
  for (std::promise<void>& all : rounds) {
    const std::size_t before = open_descriptors();
    std::vector<Client> clients;
    for (std::size_t number = 0; number < count; ++number) clients.emplace_back(address);
    all.get_future().get();
    running.call([&] {
      for (const auto& connection : acceptor.connections) {
        if (connection->transport != nullptr) std::exchange(connection->transport, nullptr)->close();
      }
    });
    for (Client& client : clients) EXPECT_EQ(client.read_once(), 0);
    clients.clear();
    running.call([] {});
    EXPECT_EQ(open_descriptors(), before);
  }
}

TEST_F(UringDriverTest, IsNoneWhereTheSystemForbidsIt) {
  std::string why;
  std::string refusal;
  std::thread([&] {
    kirsch::test::forbid_io_uring();
    why = uring_obstacle().value_or("none");
    try {
      UringDriver driver;
    } catch (const base::Refusal& refused) {
      refusal = refused.what();
    }
  }).join();
  EXPECT_THAT(why, ::testing::HasSubstr("Operation not permitted"));
  EXPECT_EQ(refusal, "an event loop cannot have an io_uring: io_uring_setup: Operation not permitted");
}

}  // namespace
}  // namespace kirsch::net::test
