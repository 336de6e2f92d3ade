// Files over real sockets: whole, behind other bytes, by turns, and shorter than promised.
#include <gtest/gtest.h>

#include <algorithm>

#include "loopback.h"
#include "net/file_turns.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

TEST(TransportTest, SendsARangeOfALargeFile) {
  const std::string body = pattern(3 << 20);
  const base::UniqueFd file = file_with(body);
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.sent = [&] { connection.transport->close(); };
    connection.transport->send_file({}, {file.get(), 1000, body.size() - 2000});
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_TRUE(client.read(body.size()) == body.substr(1000, body.size() - 2000));
}

TEST(TransportTest, SendsWhatGoesAheadOfAFileAndThenTheFile) {
  const std::string head = pattern(300'000);
  const std::string body = pattern(700'000);
  const base::UniqueFd file = file_with(body);
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.sent = [&] { connection.transport->close(); };
    const iovec pieces[] = {{const_cast<char*>(head.data()), 100}, {const_cast<char*>(head.data()) + 100, 299'900}};
    connection.transport->send_file(pieces, {file.get(), 0, body.size()});
    EXPECT_LT(connection.transport->unsent(), head.size() + body.size());
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  EXPECT_TRUE(client.read(head.size() + body.size() + 1) == head + body);
}

// Whoever comes meanwhile waits for one portion of a file, and not for a file.
TEST(TransportTest, SendsFilesByTurns) {
  constexpr std::size_t size = 2 << 20;
  const std::string body = pattern(size);
  const base::UniqueFd file = file_with(body);
  std::vector<std::uint64_t> left;
  std::promise<void> both;
  std::promise<std::uint64_t> left_behind;  // by the first that is done
  bool first = true;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.sent = [&] {
      if (std::exchange(first, false)) {
        const bool is_one = &connection == acceptor.connections[0].get();
        left_behind.set_value(acceptor.connections[is_one ? 1 : 0]->transport->unsent());
      }
      connection.transport->close();
    };
    if (acceptor.connections.size() == 2) both.set_value();
  });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  Client one(address);
  Client other(address);
  both.get_future().get();
  running.call([&] {
    for (const auto& connection : acceptor.connections) {
      connection->transport->send_file({}, {file.get(), 0, size});
      left.push_back(connection->transport->unsent());
    }
  });
  EXPECT_GE(left[0], size - FileTurns::per_turn);
  EXPECT_EQ(left[1], size);
  EXPECT_TRUE(one.read(size + 1) == body);
  EXPECT_TRUE(other.read(size + 1) == body);
  EXPECT_LT(left_behind.get_future().get(), size);  // the other had its turns, too
}

TEST(TransportTest, ForgetsTheTurnOfAFileWhoseConnectionIsClosed) {
  const base::UniqueFd file = file_with(pattern(2 << 20));
  ConnectionAcceptor acceptor([&](Connection& connection) {
    if (acceptor.connections.size() == 3) return send_text(connection, "next");
    connection.sent = [&] { ADD_FAILURE(); };
    connection.transport->send_file({}, {file.get(), 0, 2 << 20});
    std::exchange(connection.transport, nullptr)->close();
  });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  Client(address).read(3 << 20);
  Client(address).read(3 << 20);
  EXPECT_EQ(Client(address).read(4), "next");
}

TEST(TransportTest, IsLostWhenAFileIsShorterThanPromised) {
  const base::UniqueFd file = file_with(pattern(5000));
  std::promise<int> lost;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    connection.sent = [&] { ADD_FAILURE() << "a short file was reported as sent"; };
    connection.transport->send_file({}, {file.get(), 0, 6000});
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_EQ(client.read(6000).size(), 5000U);
  EXPECT_EQ(lost.get_future().get(), EIO);
}

}  // namespace
}  // namespace kirsch::net::test
