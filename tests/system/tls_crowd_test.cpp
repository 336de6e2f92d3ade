// A thousand clients that connect and say nothing, or dribble their first message, do not keep others from being
// served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "support/certificates.h"
#include "support/client.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t crowd = 1000;

// All good clients are served, by new connections and by one that stays.
void expect_service(const Server& server, TlsClient& kept) {
  for (int count = 0; count < 20; ++count) {
    ASSERT_THAT(kept.ask(localhost_get), HasSubstr("hello"));
    TlsClient fresh(server.port());
    ASSERT_THAT(fresh.ask(localhost_get), HasSubstr("hello"));
  }
}

TEST(TlsCrowd, of_silent_and_dribbling_clients_holds_nobody) {
  allow_descriptors(8'000);
  const Certificates certificates;
  const Server server(
      over_tls(certificates, std::string("server: { limits: { handshake_time: 60s } }\n") + hello_path));
  TlsClient kept(server.port());
  std::vector<std::unique_ptr<Client>> silent, dribbling;
  for (std::size_t count = 0; count < crowd / 2; ++count) {
    silent.push_back(std::make_unique<Client>(server));
    dribbling.push_back(std::make_unique<Client>(server));
  }
  const std::string hello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(400, 'x');
  for (std::size_t at = 0; at < 10; ++at) {
    for (const auto& client : dribbling) ASSERT_TRUE(client->send(hello.substr(at, 1)));
    expect_service(server, kept);
  }
  for (const auto& client : silent) EXPECT_TRUE(client->silent());
}

TEST(TlsCrowd, of_silent_clients_goes_when_its_time_is_over) {
  allow_descriptors(8'000);
  const Certificates certificates;
  const Server server(over_tls(certificates, std::string("server: { limits: { handshake_time: 3s } }\n") + hello_path));
  TlsClient kept(server.port());
  std::vector<std::unique_ptr<Client>> silent;
  for (std::size_t count = 0; count < crowd; ++count) silent.push_back(std::make_unique<Client>(server));
  for (const auto& client : silent) EXPECT_TRUE(client->closed_by_peer(patience));
  expect_service(server, kept);
}

// They may not have the descriptors that others need.
TEST(TlsCrowd, of_silent_clients_leaves_descriptors_to_others) {
  const Certificates certificates;
  const Server server(
      "version: 1\nserver: { loops: 1, limits: { handshake_time: 600s } }\nlisteners:\n  a: { bind: \"127.0.0.1:0\" }\n"
      "  b: { bind: \"127.0.0.1:0\", " +
          certificates.yaml() + " }\n" + hello_path,
      {.launcher = {"sh", "-c", "ulimit -n 300; exec \"$@\"", "sh"}});
  std::vector<std::unique_ptr<Client>> silent;
  for (std::size_t count = 0; count < 400; ++count) silent.push_back(std::make_unique<Client>(server.port(1)));
  // Whoever comes in the moment in which all of these are accepted at once may still hear 503.
  EXPECT_TRUE(silent[300]->closed_by_peer(patience));
  for (int count = 0; count < 20; ++count) EXPECT_EQ(get(server, "/").status, 200);
}

}  // namespace
}  // namespace kirsch::test
