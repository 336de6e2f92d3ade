// Certificates that are replaced while clients come and stay: none of them notices, and broken files change nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "support/certificates.h"
#include "support/server.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto simple = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr auto hello = "paths: { /: { handler: { respond: { body: hello } } } }\n";

// Two pairs, and the files that the server reads.
class TlsReload : public ::testing::Test {
 protected:
  void SetUp() override {
    certificates_.more("one", {"localhost", "one.example.org"});
    certificates_.more("two", {"localhost", "two.example.org"}, {"--rsa"});
    use("one");
  }
  std::filesystem::path in(const std::string& name) const { return certificates_.folder() / name; }
  void use(const std::string& pair) const {
    for (const auto* file : {"cert.pem", "privkey.pem"}) {
      std::filesystem::copy_file(in(pair) / file, in("next"), std::filesystem::copy_options::overwrite_existing);
      std::filesystem::rename(in("next"), in(file));
    }
  }
  std::string shown(const Server& server) const { return TlsClient(server.port()).key_kind(); }
  // Reloads, and connects until the new pair is shown. (The log says the same thing ten times in ten seconds only.)
  void reload(Server& server, const std::string& kind) const {
    server.signal(SIGUSR1);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (shown(server) != kind)
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it never came into use: " + kind);
  }

  const Certificates certificates_;
};

TEST_F(TlsReload, new_handshakes_get_the_new_pair) {
  Server server(over_tls(certificates_, hello));
  TlsClient kept(server.port());
  EXPECT_EQ(shown(server), "EC");
  use("two");
  reload(server, "RSA");
  EXPECT_THAT(kept.ask(simple), HasSubstr("hello"));
}

TEST_F(TlsReload, a_broken_file_keeps_the_old_pair_and_says_so) {
  Server server(over_tls(certificates_, hello));
  std::filesystem::copy_file(in("two") / "cert.pem", in("cert.pem"), std::filesystem::copy_options::overwrite_existing);
  server.signal(SIGUSR1);
  server.wait_for_log("the private key does not belong to the certificate");
  EXPECT_EQ(shown(server), "EC");
  std::ofstream(in("cert.pem")) << "-----BEGIN CERTIFICATE-----\nhalf";
  server.signal(SIGUSR1);
  server.wait_for_log("this holds no certificate (PEM), or a broken one");
  EXPECT_EQ(shown(server), "EC");
  use("two");
  reload(server, "RSA");
}

TEST_F(TlsReload, two_hundred_times_under_load_costs_no_request) {
  constexpr int reloads = 200;
  Server server(
      over_tls(certificates_, "server: { limits: { keep_alive_requests: 1000000000 } }\n" + std::string(hello)));
  std::atomic<bool> done = false;
  std::atomic<int> served = 0, failed = 0;
  const auto ask = [&](TlsClient& client) {
    client.ask(simple).find("\r\n\r\nhello") != std::string::npos ? ++served : ++failed;
  };
  const auto guarded = [&](auto work) {
    while (!done) {
      try {
        work();
      } catch (const std::runtime_error& error) {
        ++failed;
        ADD_FAILURE() << error.what();
      }
    }
  };
  std::vector<std::thread> clients;
  clients.emplace_back(guarded, [&] {
    TlsClient client(server.port());
    while (!done) ask(client);
  });
  clients.emplace_back(guarded, [&] {
    TlsClient client(server.port(), {.server_name = "localhost", .authority = certificates_.authority()});
    ask(client);
  });
  for (int count = 1; count <= reloads; ++count) {
    use(count % 2 == 0 ? "one" : "two");
    reload(server, count % 2 == 0 ? "EC" : "RSA");
  }
  done = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(served, reloads);
}

TEST_F(TlsReload, a_certificate_that_ends_soon_is_told) {
  const auto soon = certificates_.more("soon", {"localhost"}, {"--days", "5"});
  use("soon");
  Server server(over_tls(certificates_, hello));
  server.wait_for_log("tls: the certificate 'CN=localhost' of listener 'main' expires in ");
}

}  // namespace
}  // namespace kirsch::test
