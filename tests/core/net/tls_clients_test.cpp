// Certificates of clients: who is asked for one, who is let in, and what is known of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls_served.h"

namespace kirsch::net::test {
namespace {

using kirsch::test::TlsClient;
using kirsch::test::TlsOptions;
using ::testing::HasSubstr;

class TlsClientsTest : public ::testing::Test {
 protected:
  tls::Settings asking(tls::ClientCertificates clients) const {
    auto settings = tls_settings(localhost_certificate());
    settings.clients = clients;
    settings.client_authorities = authority_.certificate;
    return settings;
  }
  TlsOptions with_certificate(const tls::Issued& authority, const std::string& name) const {
    tls::Order order;
    order.names = {name};
    order.purpose = tls::Order::For::client;
    const auto issued = tls::issue(order, authority);
    TlsOptions options;
    options.certificate = folder_.write(name + ".pem", issued.certificate);
    options.private_key = folder_.write(name + "-key.pem", issued.private_key);
    return options;
  }
  const kirsch::test::TemporaryFolder folder_;
  const tls::Issued authority_ = tls::make_authority("clients", std::chrono::hours(24));
};

// In TLS 1.3 a client learns with its first read that it was refused.
bool served_to(TlsServed& served, const TlsOptions& options) {
  try {
    TlsClient client(served.port(), options);
    return client.send("x") && client.read_exactly(1) == "x";
  } catch (const std::runtime_error&) {
    return false;
  }
}

TEST_F(TlsClientsTest, RequiredMeansVerified) {
  TlsServed served(echo, asking(tls::ClientCertificates::required));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsOptions none;
    none.version = version;
    EXPECT_FALSE(served_to(served, none));
    auto stranger = with_certificate(tls::make_authority("others", std::chrono::hours(24)), "eve");
    stranger.version = version;
    EXPECT_FALSE(served_to(served, stranger));
    auto known = with_certificate(authority_, "ada");
    known.version = version;
    EXPECT_TRUE(served_to(served, known));
  }
}

TEST_F(TlsClientsTest, OptionalMeansVerifiedIfShown) {
  TlsServed served(echo, asking(tls::ClientCertificates::optional));
  EXPECT_TRUE(served_to(served, {}));
  EXPECT_TRUE(served_to(served, with_certificate(authority_, "ada")));
  EXPECT_FALSE(served_to(served, with_certificate(tls::make_authority("others", std::chrono::hours(24)), "eve")));
}

TEST_F(TlsClientsTest, TheVerifiedNameIsKnown) {
  std::promise<std::shared_ptr<const tls::Facts>> facts;
  TlsServed served([&](Connection& connection) { facts.set_value(connection.transport->tls()); },
                   asking(tls::ClientCertificates::required));
  TlsClient client(served.port(), with_certificate(authority_, "ada"));
  const auto known = facts.get_future().get();
  ASSERT_NE(known->client, nullptr);
  EXPECT_EQ(known->client->subject, "CN=ada");
  EXPECT_EQ(known->client->issuer, "CN=clients");
  EXPECT_EQ(known->client->fingerprint.size(), 64U);
  EXPECT_THAT(known->client->pem, HasSubstr("BEGIN CERTIFICATE"));
}

// CVE-2025-23419 was this class: a session of a listener that asks for nothing must prove nothing elsewhere.
TEST_F(TlsClientsTest, AResumedSessionProvesNothingToAnotherAuthority) {
  auto open = asking(tls::ClientCertificates::off);
  auto strict = asking(tls::ClientCertificates::required);
  strict.tickets = open.tickets;
  strict.certificates = open.certificates;
  TlsServed one(echo, open), other(echo, strict);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsOptions options;
    options.version = version;
    TlsClient before(one.port(), options);
    ASSERT_TRUE(before.send("x"));
    ASSERT_EQ(before.read_exactly(1), "x");
    const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(before.take_session(), SSL_SESSION_free);
    options.session = session.get();
    EXPECT_FALSE(served_to(other, options));
  }
}

}  // namespace
}  // namespace kirsch::net::test
