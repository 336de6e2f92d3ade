// Sessions that go on: on every process of a server, and on those that take its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/certificates.h"
#include "support/command.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using Session = std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)>;

Session session_of(const Server& server, int version) {
  TlsOptions options;
  options.version = version;
  TlsClient client(server.port(), options);
  client.ask(localhost_get);  // tickets of TLS 1.3 come with the first data
  client.shutdown_write();    // a session whose connection breaks is not used again
  return {client.take_session(), SSL_SESSION_free};
}

bool resumes(const Server& server, const Session& session, int version) {
  TlsOptions options;
  options.version = version;
  options.session = session.get();
  TlsClient client(server.port(), options);
  client.ask(localhost_get);
  client.shutdown_write();
  return SSL_session_reused(client.ssl()) == 1;
}

// The parameter: the settings of the server.
class TlsTickets : public ::testing::TestWithParam<std::string> {
 protected:
  std::string yaml(const std::string& more = {}) const {
    return over_tls(certificates_, "server: { " + GetParam() + " }\n" + hello_path, more);
  }
  const Certificates certificates_;
};

TEST_P(TlsTickets, outlive_restarts) {
  const Server server(yaml());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto session = session_of(server, version);
    for (int count = 0; count < 2; ++count) {
      const auto restart = command(server, "restart");
      ASSERT_EQ(restart.exit_code, 0) << restart.err;
      EXPECT_TRUE(resumes(server, session, version));
    }
  }
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

TEST_P(TlsTickets, are_no_files) {
  const Server server(yaml());
  session_of(server, TLS1_3_VERSION);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.folder()))
    EXPECT_FALSE(entry.is_regular_file() && entry.path().extension() != ".yaml" && entry.path().extension() != ".so")
        << entry.path();
}

INSTANTIATE_TEST_SUITE_P(Of, TlsTickets, ::testing::Values("keeper: off", "keeper: on", "processes: 2"));

TEST(TlsTicketsOfMany, are_known_to_each_process_and_those_started_again) {
  const Certificates certificates;
  const Server server(over_tls(certificates, std::string("server: { processes: 3, loops: 1 }\n") + hello_path));
  const auto session = session_of(server, TLS1_3_VERSION);
  for (int count = 0; count < 12; ++count) EXPECT_TRUE(resumes(server, session, TLS1_3_VERSION));
  for (const pid_t each : processes(server, "started")) ::kill(each, SIGABRT);
  server.wait_for_log("started server process", 3);
  for (int count = 0; count < 6; ++count) EXPECT_TRUE(resumes(server, session, TLS1_3_VERSION));
}

}  // namespace
}  // namespace kirsch::test
