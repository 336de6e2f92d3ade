// Certificates that are replaced while clients come and stay: none of them notices, and broken files change nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "support/certificates.h"
#include "support/kirsch.h"
#include "support/server.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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
  Server server(over_tls(certificates_, hello_path));
  TlsClient kept(server.port());
  EXPECT_EQ(shown(server), "EC");
  use("two");
  reload(server, "RSA");
  EXPECT_THAT(kept.ask(localhost_get), HasSubstr("hello"));
}

TEST_F(TlsReload, a_broken_file_keeps_the_old_pair_and_says_so) {
  Server server(over_tls(certificates_, hello_path));
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

// The parameter: whether a keeper stands between, and how many processes serve.
class TlsReloadByCommand : public TlsReload, public ::testing::WithParamInterface<std::string> {
 protected:
  std::string yaml() const { return over_tls(certificates_, "server: { " + GetParam() + " }\n" + hello_path); }
  static Result reload(const Server& server) {
    return run_kirsch({"certificate", "reload", "-c", (server.folder() / "kirsch.yaml").string()}, {},
                      {{"STATE_DIRECTORY", (server.folder() / "state").string()}});
  }
};

TEST_P(TlsReloadByCommand, is_done_when_it_returns) {
  const Server server(yaml());
  TlsClient kept(server.port());
  for (const auto* kind : {"RSA", "EC", "RSA"}) {
    use(std::string(kind) == "EC" ? "one" : "two");
    const auto done = reload(server);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.out, "new handshakes get what the files hold now\n");
    for (int count = 0; count < 8; ++count) EXPECT_EQ(shown(server), kind);
  }
  EXPECT_THAT(kept.ask(localhost_get), HasSubstr("hello"));
}

TEST_P(TlsReloadByCommand, says_what_is_broken_and_where_and_keeps_the_old_pair) {
  const Server server(yaml());
  std::ofstream(in("cert.pem")) << "-----BEGIN CERTIFICATE-----\nhalf";
  const auto refused = reload(server);
  EXPECT_EQ(refused.exit_code, 8);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("this holds no certificate (PEM), or a broken one"), HasSubstr("kirsch.yaml:2:"),
                    HasSubstr("\nthe server keeps the certificates that it has\n")));
  EXPECT_EQ(shown(server), "EC");
}

TEST_P(TlsReloadByCommand, wants_certificates) {
  const Server server(loopback("server: { " + GetParam() + " }\n" + hello_path));
  const auto refused = reload(server);
  EXPECT_EQ(refused.exit_code, 8);
  EXPECT_THAT(refused.err, HasSubstr("no listener of this server has certificates"));
}

TEST_P(TlsReloadByCommand, leaves_everything_else_alone) {
  const Server server(yaml() + "logs: { error: { to: ./error.log } }\n");
  std::filesystem::rename(server.folder() / "error.log", server.folder() / "error.log.1");
  EXPECT_EQ(reload(server).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(server.folder() / "error.log"));
}

INSTANTIATE_TEST_SUITE_P(Of, TlsReloadByCommand, ::testing::Values("keeper: off", "keeper: on", "processes: 2"));

TEST(TlsReloadOfNobody, is_told) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("kirsch.yaml", completed(loopback(std::string("server: { state: ./state }\n") + hello_path)));
  const auto refused = run_kirsch({"certificate", "reload", "-c", file.string()});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("no server runs with the configuration"));
}

TEST_F(TlsReload, many_times_under_load_costs_no_request) {
  const int reloads = sanitized() ? 20 : 80;  // each takes several times as long
  Server server(
      over_tls(certificates_, "server: { limits: { keep_alive_requests: 1000000000 } }\n" + std::string(hello_path)));
  std::atomic<bool> done = false;
  std::atomic<int> served = 0, failed = 0;
  const auto ask = [&](TlsClient& client) {
    client.ask(localhost_get).find("\r\n\r\nhello") != std::string::npos ? ++served : ++failed;
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
  Server server(over_tls(certificates_, hello_path));
  server.wait_for_log("tls: the certificate 'CN=localhost' of listener 'main' expires in ");
}

}  // namespace
}  // namespace kirsch::test
