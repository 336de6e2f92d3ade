// The load generator against servers that do what a good one never would: it must notice, whatever it is.
#include "load/load.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "load/report.h"
#include "load/socket_wires.h"

namespace kirsch::load {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Answers each request (an empty line ends one) on each connection with what the script says for its number, counted
// over all connections from 0; an empty text ends the connection.
class Scripted {
 public:
  using Script = std::function<std::string(std::size_t number)>;

  explicit Scripted(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size);
    ::listen(listener_, 128);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    thread_ = std::thread([this] { serve(); });
  }
  ~Scripted() {
    over_ = true;
    thread_.join();
    for (const pollfd& socket : sockets_) ::close(socket.fd);
  }
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;
  const sockaddr_in& address() const { return address_; }
  std::size_t connections() const { return accepted_; }

 private:
  void serve() {
    sockets_.push_back({listener_, POLLIN, 0});
    heads_.emplace_back();
    while (!over_) {
      ::poll(sockets_.data(), sockets_.size(), 5);
      for (std::size_t index = sockets_.size(); index-- > 1;) {
        if (sockets_[index].revents != 0 && !answer(index)) forget(index);
      }
      if ((sockets_[0].revents & POLLIN) != 0) {
        sockets_.push_back({::accept(listener_, nullptr, nullptr), POLLIN, 0});
        heads_.emplace_back();
        ++accepted_;
      }
    }
  }
  bool answer(std::size_t index) {
    char bytes[4096];
    const ssize_t size = ::recv(sockets_[index].fd, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    std::string& head = heads_[index];
    head.append(bytes, static_cast<std::size_t>(size));
    for (auto end = head.find("\r\n\r\n"); end != std::string::npos; end = head.find("\r\n\r\n")) {
      head.erase(0, end + 4);
      const auto text = script_(requests_++);
      if (text.empty()) return false;
      if (::send(sockets_[index].fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
  }
  void forget(std::size_t index) {
    ::close(sockets_[index].fd);
    sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(index));
    heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const Script script_;
  const int listener_;
  sockaddr_in address_{};
  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> accepted_ = 0;
  std::size_t requests_ = 0;
  std::vector<pollfd> sockets_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

Plan asking(std::uint64_t answers, std::size_t connections = 4) {
  Plan plan;
  plan.connections = connections;
  plan.answers = answers;
  plan.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  return plan;
}

Result run(const Scripted& server, const Plan& plan) {
  SocketWires wires(server.address(), Load::wires(plan));
  Load load(plan, wires);
  wires.use(load);
  load.prepare();
  load.run();
  return std::move(load.result());
}

class Loading : public ::testing::Test {
 protected:
  void SetUp() override {
    io_uring ring;
    if (::io_uring_queue_init(1, &ring, 0) < 0) GTEST_SKIP() << "io_uring is forbidden here";
    ::io_uring_queue_exit(&ring);
  }
};

TEST_F(Loading, counts_good_answers_and_their_bytes) {
  const Scripted server([](std::size_t) { return good; });
  const auto result = run(server, asking(200));
  EXPECT_EQ(result.answers, 200u);
  EXPECT_EQ(result.bytes, 200 * good.size());
  EXPECT_EQ(result.body_bytes, 1000u);
  EXPECT_EQ(result.latency.count(), 200u);
  EXPECT_EQ(server.connections(), 4u);
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(Loading, finds_one_wrong_length_among_many_answers) {
  for (const std::string wrong : {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n0\r\n\r\n"}) {
    const Scripted server([&](std::size_t number) { return number == 77 ? wrong : good; });
    const auto result = run(server, asking(200));
    EXPECT_EQ(result.answers, 199u);
    EXPECT_THAT(result.errors, ElementsAre(Pair("a body of 4 bytes, not 5", 1)));
  }
}

TEST_F(Loading, takes_chunks_and_a_length_for_the_same_where_the_bytes_are) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  const Scripted server([&](std::size_t number) { return number % 2 == 0 ? good : chunked; });
  const auto result = run(server, asking(200));
  EXPECT_EQ(result.answers, 200u);
  EXPECT_EQ(result.body_bytes, 1000u);
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(Loading, holds_all_answers_against_a_size_that_is_given) {
  const Scripted server([](std::size_t) { return good; });
  auto plan = asking(20);
  plan.size = 6;
  const auto result = run(server, plan);
  EXPECT_EQ(result.answers, 0u);
  EXPECT_THAT(result.errors, ElementsAre(Pair("a body of 5 bytes, not 6", 20)));
}

TEST_F(Loading, finds_another_status) {
  const Scripted server([](std::size_t number) {
    return number == 5 ? "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nhello" : good;
  });
  const auto result = run(server, asking(20));
  EXPECT_EQ(result.answers, 19u);
  EXPECT_THAT(result.errors, ElementsAre(Pair("status 503", 1)));
}

TEST_F(Loading, finds_connections_that_end_before_their_answer_and_goes_on_with_new_ones) {
  const Scripted server([](std::size_t number) { return number == 5 || number == 9 ? "" : good; });
  const auto result = run(server, asking(20));
  EXPECT_EQ(result.answers, 18u);
  EXPECT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors.begin()->second, 2u);
  EXPECT_EQ(result.reconnects, 2u);
}

TEST_F(Loading, finds_an_answer_too_many) {
  const Scripted server([](std::size_t number) { return number == 5 ? good + good + good : good; });
  auto plan = asking(20, 1);
  const auto result = run(server, plan);
  EXPECT_THAT(result.errors, Contains(Pair("an answer that nobody asked for", 1)));
}

TEST_F(Loading, finds_what_is_not_http_and_stops_where_nothing_else_comes) {
  const Scripted server([](std::size_t) { return "SSH-2.0-OpenSSH_9.2\r\n\r\n"; });
  const auto result = run(server, asking(100'000));
  EXPECT_EQ(result.answers, 0u);
  EXPECT_THAT(result.errors, Contains(Pair(HasSubstr("no answer of HTTP/1"), Ge(1u))));
  EXPECT_LT(server.connections(), 10'000u);
}

TEST_F(Loading, opens_a_connection_for_each_request_where_it_shall) {
  const Scripted server([](std::size_t) { return good; });
  auto plan = asking(50);
  plan.fresh = true;
  const auto result = run(server, plan);
  EXPECT_EQ(result.answers, 50u);
  EXPECT_EQ(server.connections(), 50u);
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(Loading, keeps_as_many_requests_under_way_as_it_may) {
  const Scripted server([](std::size_t) { return good; });
  auto plan = asking(500, 2);
  plan.depth = 16;
  const auto result = run(server, plan);
  EXPECT_EQ(result.answers, 500u);
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(Loading, holds_idle_connections_that_asked_once) {
  const Scripted server([](std::size_t) { return good; });
  auto plan = asking(50);
  plan.idle = 30;
  const auto result = run(server, plan);
  EXPECT_EQ(result.answers, 50u);
  EXPECT_EQ(server.connections(), 34u);
}

// A server that stops for 300 ms in a run of 500 ms at 100 requests per second: some thirty requests had to wait, and a
// client that had asked one after the other would have seen one.
TEST_F(Loading, counts_waiting_from_the_time_at_which_a_request_was_due) {
  const Scripted server([](std::size_t number) {
    if (number == 10) ::poll(nullptr, 0, 300);
    return good;
  });
  auto plan = asking(0, 1);
  plan.rate = 100;
  plan.seconds = 0.5;
  const auto result = run(server, plan);
  EXPECT_EQ(result.answers, 50u);
  std::uint64_t late = 0;
  for (const auto& [end, count] : result.latency.buckets()) late += end > 50'000'000 ? count : 0;
  EXPECT_GE(late, 20u);
}

TEST_F(Loading, prints_json_with_the_errors) {
  const Scripted server([](std::size_t number) { return number == 5 ? "" : good; });
  std::ostringstream out;
  print(run(server, asking(20)), out);
  EXPECT_THAT(out.str(), ::testing::StartsWith("{\"answers\": 19, \"bytes\": "));
  EXPECT_THAT(out.str(), HasSubstr("\"errors\": {\""));
  EXPECT_THAT(out.str(), ::testing::EndsWith("]]}\n"));
}

TEST_F(Loading, says_that_nobody_listens) {
  sockaddr_in nobody{};
  {
    const Scripted server([](std::size_t) { return good; });
    nobody = server.address();
  }
  const auto plan = asking(20);
  SocketWires wires(nobody, Load::wires(plan));
  Load load(plan, wires);
  wires.use(load);
  EXPECT_THROW(load.prepare(), std::runtime_error);
}

}  // namespace
}  // namespace kirsch::load
