// A server that is warm answers requests of kept connections with the memory that it has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/certificates.h"
#include "support/load.h"
#include "support/tls_client.h"
#include "support/uring.h"

namespace kirsch::test {
namespace {

constexpr std::string_view greeting = "paths: { /: { handler: { respond: { body: \"Hello, world!\" } } } }\n";
constexpr std::string_view pipeline =
    "logs: { access: { to: access.log } }\n"
    "tools: { secureheaders: {}, request_id: {}, response_headers: { set: { X-Served-By: kirsch } }, accesslog: {}, "
    "noop: {} }\n";
constexpr std::string_view files = "paths: { /: { handler: { static: { root: . } } } }\n";

std::uint64_t number_in(const std::filesystem::path& file) {
  std::uint64_t number = 0;
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(&number), sizeof number);
  return number;
}

class Allocations : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (sanitized()) GTEST_SKIP() << "a sanitizer has a malloc of its own";
    if (const auto obstacle = uring_obstacle(); obstacle && GetParam() == "uring") GTEST_SKIP() << *obstacle;
  }

  // While a server with `rest` answers so many requests of 64 connections, after as many to get warm.
  std::uint64_t counted(std::string_view rest, std::size_t requests) const {
    const TemporaryFolder folder;
    const auto counter = folder.path() / "allocations";
    std::ofstream(counter, std::ios::binary).write("\0\0\0\0\0\0\0\0", 8);
    Server server(loopback("server: { loops: 1, driver: " + GetParam() +
                           ", limits: { keep_alive_requests: 1000000 } }\n" + std::string(rest)),
                  {.files = {{"index.html", std::string(1024, 'x')}},
                   .environment = {{"LD_PRELOAD", build_folder() / "lib/kirsch_allocations.so"},
                                   {"KIRSCH_ALLOCATIONS", counter.string()}}});
    keep_busy(server, 64, requests);
    const std::uint64_t before = number_in(counter);
    EXPECT_GT(before, 1000U) << "nothing is counted";
    keep_busy(server, 64, requests);
    return number_in(counter) - before;
  }
};

// What is left is of 65 connections that begin and end, and of the rounds of each second.
constexpr std::size_t requests = 20'000;
constexpr std::uint64_t of_connections = 200;

TEST_P(Allocations, AreNoneForABareRequest) { EXPECT_LE(counted(greeting, requests), of_connections); }

TEST_P(Allocations, AreNoneForAPipelineOfTools) {
  EXPECT_LE(counted(std::string(pipeline) + std::string(greeting), requests), of_connections);
}

// Each second the cache looks anew, for all who ask at that moment: on a slow machine that is more often.
TEST_P(Allocations, AreNoneForASmallFile) { EXPECT_LE(counted(files, requests), requests / 4); }

// OpenSSL 3.0 allocates small pieces for each record; its buffers are there already.
TEST_P(Allocations, AreNoBuffersForARequestOverTls) {
  const TemporaryFolder folder;
  const auto counter = folder.path() / "allocations";
  std::ofstream(counter, std::ios::binary).write("\0\0\0\0\0\0\0\0", 8);
  const Certificates certificates;
  const Server server(
      over_tls(certificates, "server: { loops: 1, driver: " + GetParam() + " }\n" + std::string(greeting)),
      {.environment = {{"LD_PRELOAD", build_folder() / "lib/kirsch_allocations.so"},
                       {"KIRSCH_ALLOCATIONS", counter.string()},
                       {"KIRSCH_ALLOCATIONS_FROM", "16385"}}});
  TlsClient client(server.port());
  const auto ask = [&] {
    for (int request = 0; request < 200; ++request)
      ASSERT_THAT(client.ask(localhost_get), ::testing::HasSubstr("Hello"));
  };
  ask();
  const std::uint64_t before = number_in(counter);
  EXPECT_GT(before, 10U) << "nothing is counted";
  ask();
  EXPECT_LE(number_in(counter) - before, 20U);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Allocations, ::testing::Values("epoll", "uring"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kirsch::test
