// Clients that have sent their FIN and read slowly: they get everything, and cost nothing while they do not read.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <time.h>

#include <filesystem>
#include <fstream>

#include "loopback.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 8 << 20;  // more than the kernel takes while nobody reads

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void send_file(Connection& connection, const base::UniqueFd& file) {
  connection.transport->send_file({}, {file.get(), 0, size});
}

// A client asks once and sends its FIN; `answer` is called when both are here.
struct HalfClosed {
  explicit HalfClosed(std::function<void(Connection&)> answer)
      : acceptor([this, answer](Connection& connection) {
          connection.end = [this, answer, &connection] {
            answer(connection);
            asked.set_value(&connection);
          };
          connection.timeout = [this] { spent.set_value(processor_time() - before); };
        }),
        client(serve(running, acceptor), 4096) {
    client.write("x");
    client.finish();
    asked_by = asked.get_future().get();
  }

  // What the loop costs while the client reads nothing.
  std::chrono::nanoseconds cost_of_waiting() {
    running.call([&] {
      before = processor_time();
      asked_by->transport->set_deadline(base::steady_now() + 400ms);
    });
    return spent.get_future().get();
  }

  std::chrono::nanoseconds before{};
  std::promise<std::chrono::nanoseconds> spent;
  std::promise<Connection*> asked;
  Connection* asked_by = nullptr;
  ConnectionAcceptor acceptor;
  RunningLoop running;
  Client client;
};

TEST(TransportTest, WaitsQuietlyForAHalfClosedReaderOfAFile) {
  const std::string body = pattern(size);
  const base::UniqueFd file = file_with(body);
  HalfClosed one([&](Connection& connection) { send_file(connection, file); });
  EXPECT_LT(one.cost_of_waiting(), 100ms);
  EXPECT_TRUE(one.client.read(size) == body);
}

TEST(TransportTest, LetsAHalfClosedReaderOfAFileGo) {
  const base::UniqueFd file = file_with(pattern(size));
  HalfClosed one([&](Connection& connection) { send_file(connection, file); });
  one.running.call([&] { std::exchange(one.asked_by->transport, nullptr)->close(); });
  EXPECT_LT(one.client.read(size).size(), size);
  EXPECT_EQ(one.running.call([&] { return one.running.loop().connections(); }), 0U);
}

TEST(TransportTest, NoticesThatAHalfClosedReaderOfAFileResets) {
  const base::UniqueFd file = file_with(pattern(size));
  std::promise<int> lost;
  HalfClosed one([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    send_file(connection, file);
  });
  one.client.reset();
  EXPECT_NE(lost.get_future().get(), 0);
}

// io_uring gives a send to a thread of the kernel when it has tried too often.
std::size_t threads_of_the_kernel() {
  std::size_t count = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    count += name.starts_with("iou-wrk") ? 1U : 0U;
  }
  return count;
}

TEST(TransportTest, WaitsQuietlyForAHalfClosedReaderOfMemory) {
  const std::string body = pattern(size);
  HalfClosed one([&](Connection& connection) { send_text(connection, body); });
  EXPECT_LT(one.cost_of_waiting(), 100ms);
  EXPECT_EQ(threads_of_the_kernel(), 0U);
  EXPECT_TRUE(one.client.read(size) == body);
}

TEST(TransportTest, SendsMorePiecesThanACallTakesToASlowReader) {
  std::string body = pattern(size);
  std::vector<iovec> pieces;
  for (std::size_t at = 0; at < size; at += 1000) pieces.push_back({body.data() + at, std::min(size - at, {1000})});
  HalfClosed one([&](Connection& connection) { connection.transport->send(pieces); });
  EXPECT_LT(one.cost_of_waiting(), 100ms);
  EXPECT_TRUE(one.client.read(size) == body);
}

// Files in a row on one connection, each behind a small answer, and one more small answer in the end.
void files_in_a_row(const Address& address, bool finish) {
  constexpr std::size_t count = 3;
  const std::string body = pattern(size);
  const base::UniqueFd file = file_with(body);
  std::size_t sent = 0;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char>) { send_text(connection, "next"); };
    connection.sent = [&] {
      if (sent == 2 * count) return;
      ++sent % 2 == 1 ? send_file(connection, file) : send_text(connection, "next");
    };
  });
  RunningLoop running;
  Client client(serve(running, acceptor, address), 4096);
  ASSERT_TRUE(client.write("x"));
  if (finish) client.finish();
  for (std::size_t number = 0; number < count; ++number) {
    ASSERT_EQ(client.read(4), "next");
    for (std::size_t at = 0; at < size; at += size / 8) {
      ASSERT_TRUE(client.read(size / 8) == body.substr(at, size / 8)) << number << ' ' << at;
    }
  }
  EXPECT_EQ(client.read(4), "next");
}

TEST(TransportTest, SendsFilesInARowToASlowReader) { files_in_a_row(loopback(), false); }

TEST(TransportTest, SendsFilesInARowToASlowReaderThatIsHalfClosed) { files_in_a_row(loopback(), true); }

TEST(TransportTest, SendsFilesInARowOverAUnixSocket) {
  files_in_a_row(*Address::parse("unix:" + ::testing::TempDir() + "kirsch_net_" + std::to_string(::getpid())), true);
}

// The server's side has acknowledged its FIN.
bool finished(const Client& client) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  ::getsockopt(client.fd(), IPPROTO_TCP, TCP_INFO, &info, &length);
  return info.tcpi_state == TCP_FIN_WAIT2;
}

TEST(TransportTest, NoticesThatAPausedHalfClosedClientResets) {
  std::promise<void> paused;
  std::promise<int> lost;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char>) {
      connection.transport->pause_reading();
      paused.set_value();
    };
    connection.lost = [&](int error) { lost.set_value(error); };
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  ASSERT_TRUE(client.write("x"));
  paused.get_future().get();
  client.finish();
  while (!finished(client)) std::this_thread::yield();
  running.call([] {});
  client.reset();
  auto error = lost.get_future();
  ASSERT_EQ(error.wait_for(5s), std::future_status::ready);
  EXPECT_NE(error.get(), 0);
}

}  // namespace
}  // namespace kirsch::net::test
