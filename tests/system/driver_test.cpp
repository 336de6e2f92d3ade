// Which interface of the kernel the loops use, and how often they enter the kernel for a request.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <sstream>
#include <thread>

#include "support/build.h"
#include "support/client.h"
#include "support/forbidden.h"
#include "support/load.h"
#include "support/uring.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

std::string with_driver(const std::string& driver) {
  return loopback("server: { loops: 1, driver: " + driver +
                  ", limits: { keep_alive_requests: 1000000 } }\n"
                  "paths: { /: { handler: { respond: { body: \"Hello, world!\" } } } }\n");
}

bool holds_a_ring(const Server& server) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string() == "anon_inode:[io_uring]") return true;
  }
  return false;
}

TEST(Driver, is_the_one_that_the_configuration_says) {
  const Server epoll(with_driver("epoll"));
  EXPECT_EQ(get(epoll, "/").body, "Hello, world!");
  EXPECT_FALSE(holds_a_ring(epoll));
  if (const auto obstacle = uring_obstacle()) GTEST_SKIP() << *obstacle;
  for (const std::string driver : {"uring", "auto"}) {
    const Server server(with_driver(driver));
    EXPECT_EQ(get(server, "/").body, "Hello, world!");
    EXPECT_TRUE(holds_a_ring(server));
    EXPECT_THAT(server.log(), Not(HasSubstr("epoll")));
  }
}

// Runs `work` where io_uring is forbidden, as in many containers.
template <class Work>
void without_io_uring(Work work) {
  std::async(std::launch::async, [&] {
    forbid_io_uring();
    work();
  }).get();
}

TEST(Driver, is_epoll_where_io_uring_is_forbidden_and_one_line_says_why) {
  without_io_uring([] {
    const Server server(with_driver("auto"));
    EXPECT_EQ(get(server, "/").body, "Hello, world!");
    EXPECT_FALSE(holds_a_ring(server));
    server.wait_for_log(
        "server: the loops use epoll, because io_uring does not work here: io_uring_setup: Operation not permitted");
  });
}

TEST(Driver, that_is_demanded_and_forbidden_ends_the_start) {
  without_io_uring([] {
    Server server(with_driver("uring"), {.wait_until_ready = false});
    EXPECT_EQ(server.wait(), 3);
    EXPECT_THAT(server.log(), HasSubstr("error[C079]: loops: io_uring does not work here: io_uring_setup: Operation "
                                        "not permitted\n"));
    EXPECT_THAT(server.log(), HasSubstr("kirsch.yaml:3:29\n"));
  });
}

// All system calls of a server's life in which it answers what `clients` ask.
template <class Clients>
double system_calls(const std::string& driver, Clients clients) {
  const TemporaryFolder folder;
  const auto summary = folder.path() / "summary";
  if (::mkfifo(summary.c_str(), 0600) != 0) throw std::runtime_error("no FIFO");
  auto counted = std::async(std::launch::async, [&] { return contents_of(summary); });
  {
    // The tracer is no parent: signals reach the server. Leaks cannot be looked for under a tracer.
    Server server(with_driver(driver),
                  {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}},
                   .launcher = {"strace", "-D", "-f", "-q", "-c", "-U", "calls,name", "-o", summary.string()}});
    clients(server);
    EXPECT_EQ(server.stop(), 0);
  }
  std::istringstream lines(counted.get());
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(" total")) return std::stod(line);
  }
  throw std::runtime_error("strace counted nothing");
}

// System calls for each of those that `ask(server, number)` makes.
template <class Ask>
double calls_each(const std::string& driver, std::size_t few, std::size_t many, Ask ask) {
  const auto calls_of = [&](std::size_t number) {
    return system_calls(driver, [&](const Server& server) { ask(server, number); });
  };
  const double calls = (calls_of(many) - calls_of(few)) / static_cast<double>(many - few);
  ::testing::Test::RecordProperty("system_calls_each", std::to_string(calls));
  return calls;
}

double calls_per_request(const std::string& driver) {
  return calls_each(driver, 2'000, sanitized() ? 6'000 : 22'000,
                    [](const Server& server, std::size_t requests) { keep_busy(server, 64, requests); });
}

// Of clients that come one after the other and ask once.
double calls_per_connection(const std::string& driver) {
  return calls_each(driver, 100, 600, [](const Server& server, std::size_t clients) {
    for (; clients != 0; --clients) {
      Client client(server);
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      ASSERT_EQ(client.read().status, 200);
      ASSERT_TRUE(client.closed_by_peer());
    }
  });
}

TEST(Driver, epoll_enters_the_kernel_twice_per_request_at_64_connections) {
  const double calls = calls_per_request("epoll");
  EXPECT_LE(calls, 2.1);
  EXPECT_GE(calls, 1.9);
}

TEST(Driver, uring_enters_the_kernel_once_for_many_requests_at_64_connections) {
  if (const auto obstacle = uring_obstacle()) GTEST_SKIP() << *obstacle;
  const double calls = calls_per_request("uring");
  EXPECT_LE(calls, 0.2);
  EXPECT_GT(calls, 0);
}

// Accept, receive, send, close, one to watch it, and two to wait; one of seventeen accepts finds nobody.
TEST(Driver, epoll_enters_the_kernel_seven_times_for_a_connection_that_asks_once) {
  EXPECT_THAT(calls_per_connection("epoll"), AllOf(Ge(6), Le(7.5)));  // what time alone causes included
}

// Three to wait, in which all else happens, and one to learn who the client is.
TEST(Driver, uring_enters_the_kernel_four_times_for_a_connection_that_asks_once) {
  if (const auto obstacle = uring_obstacle()) GTEST_SKIP() << *obstacle;
  EXPECT_THAT(calls_per_connection("uring"), AllOf(Ge(3), Le(4.5)));
}

}  // namespace
}  // namespace kirsch::test
