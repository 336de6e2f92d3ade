// What is wrong with certificates and keys: each fault has its part and its sentence before anything is served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "net/tls/describe.h"
#include "net/tls/issue.h"
#include "net/tls/openssl_handles.h"
#include "net/tls/provider.h"

namespace kirsch::net::tls {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Part = Problem::Part;

Order order(std::vector<std::string> names, Order::Key key = Order::Key::ecdsa) {
  Order made;
  made.names = std::move(names);
  made.key = key;
  return made;
}

Material material(const Issued& issued) { return {issued.certificate, issued.private_key, {}, {}, {}}; }

Settings settings(std::vector<Material> certificates) {
  Settings made;
  made.id = "test";
  made.certificates = std::move(certificates);
  return made;
}

std::vector<Problem> problems_of(const Settings& given) {
  std::vector<Problem> problems;
  const auto context = find_provider("openssl")->context(given, problems);
  EXPECT_EQ(context == nullptr, refused(problems));
  return problems;
}

void expect_one(const Settings& given, base::Severity severity, Part part, const std::string& sentence) {
  const auto problems = problems_of(given);
  ASSERT_EQ(problems.size(), 1U) << (problems.empty() ? "" : problems.back().message);
  EXPECT_EQ(problems[0].severity, severity) << problems[0].message;
  EXPECT_EQ(problems[0].part, part) << problems[0].message;
  EXPECT_THAT(problems[0].message, HasSubstr(sentence));
}

std::string encrypted(const std::string& pem, const std::string& password) {
  const BioHandle from = memory(pem);
  const KeyHandle key(PEM_read_bio_PrivateKey(from.get(), nullptr, nullptr, nullptr));
  const BioHandle to(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(to.get(), key.get(), EVP_aes_128_cbc(), password.data(),
                                          static_cast<int>(password.size()), nullptr, nullptr),
            1);
  return contents(to.get());
}

TEST(TlsContextTest, TakesAGoodCertificate) {
  EXPECT_THAT(problems_of(settings({material(self_signed(order({"localhost"})))})), IsEmpty());
  EXPECT_THAT(problems_of(settings({material(self_signed(order({"localhost"}, Order::Key::rsa)))})), IsEmpty());
}

TEST(TlsContextTest, RefusesWhatIsNoPem) {
  auto made = material(self_signed(order({"localhost"})));
  made.certificate = "hello";
  expect_one(settings({made}), base::Severity::error, Part::certificate, "no certificate");
  made = material(self_signed(order({"localhost"})));
  made.private_key = "hello";
  expect_one(settings({made}), base::Severity::error, Part::private_key, "no private key");
  made = material(self_signed(order({"localhost"})));
  made.certificate.resize(made.certificate.size() / 2);
  expect_one(settings({made}), base::Severity::error, Part::certificate, "no certificate (PEM), or a broken one");
}

TEST(TlsContextTest, RefusesTheKeyOfAnother) {
  auto made = material(self_signed(order({"localhost"})));
  made.private_key = self_signed(order({"localhost"})).private_key;
  expect_one(settings({made}), base::Severity::error, Part::private_key, "does not belong to the certificate");
}

TEST(TlsContextTest, OpensAnEncryptedKey) {
  auto made = material(self_signed(order({"localhost"})));
  made.private_key = encrypted(made.private_key, "open sesame");
  EXPECT_TRUE(find_provider("openssl")->encrypted(made.private_key));
  expect_one(settings({made}), base::Severity::error, Part::private_key, "encrypted, and no password is given");
  made.password = "sesame";
  expect_one(settings({made}), base::Severity::error, Part::password, "password of the private key is wrong");
  made.password = "open sesame";
  EXPECT_THAT(problems_of(settings({made})), IsEmpty());
}

TEST(TlsContextTest, WarnsOfAPasswordThatIsNotNeeded) {
  auto made = material(self_signed(order({"localhost"})));
  made.password = "open sesame";
  expect_one(settings({made}), base::Severity::warning, Part::password, "not encrypted");
}

TEST(TlsContextTest, WarnsOfDates) {
  auto given = order({"localhost"});
  given.from = -48h;
  given.life = 24h;
  expect_one(settings({material(self_signed(given))}), base::Severity::warning, Part::certificate, "has expired on 20");
  given.from = 24h;
  expect_one(settings({material(self_signed(given))}), base::Severity::warning, Part::certificate,
             "is not valid before 20");
}

TEST(TlsContextTest, RefusesTheCertificateOfAClient) {
  auto given = order({"ada"});
  given.purpose = Order::For::client;
  expect_one(settings({material(issue(given, make_authority("ca", 24h)))}), base::Severity::error, Part::certificate,
             "not for servers");
}

TEST(TlsContextTest, KnowsTheOrderOfAChain) {
  const auto authority = make_authority("ca", 24h);
  auto made = material(issue(order({"localhost"}), authority));
  made.chain = authority.certificate;
  EXPECT_THAT(problems_of(settings({made})), IsEmpty());
  made.chain = make_authority("other", 24h).certificate;
  expect_one(settings({made}), base::Severity::warning, Part::chain, "'CN=other' did not issue 'CN=localhost'");
  made.chain = "nothing";
  expect_one(settings({made}), base::Severity::error, Part::chain, "no certificates");
}

TEST(TlsContextTest, RefusesAStapleThatIsNone) {
  auto made = material(self_signed(order({"localhost"})));
  made.ocsp = "nothing";
  expect_one(settings({made}), base::Severity::error, Part::ocsp, "no successful OCSP response");
}

TEST(TlsContextTest, WarnsOfACertificateThatNobodyGets) {
  const auto one = material(self_signed(order({"www.example.org"})));
  const auto twin = material(self_signed(order({"www.example.org"})));
  const auto problems = problems_of(settings({one, twin}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].certificate, 1U);
  EXPECT_THAT(problems[0].message, HasSubstr("never used"));
  const auto other_kind = material(self_signed(order({"www.example.org"}, Order::Key::rsa)));
  EXPECT_THAT(problems_of(settings({one, other_kind})), IsEmpty());
}

TEST(TlsContextTest, RefusesAuthoritiesOfClientsThatAreNone) {
  auto given = settings({material(self_signed(order({"localhost"})))});
  given.clients = ClientCertificates::required;
  expect_one(given, base::Severity::error, Part::client_authorities, "no certificates");
}

TEST(TlsContextTest, RefusesAKeyLogThatCannotBe) {
  auto given = settings({material(self_signed(order({"localhost"})))});
  given.key_log = "/nowhere/keys";
  expect_one(given, base::Severity::error, Part::key_log, "cannot be written");
}

TEST(TlsContextTest, SaysWhenCertificatesEnd) {
  std::vector<Problem> problems;
  const auto context =
      find_provider("openssl")->context(settings({material(self_signed(order({"localhost"})))}), problems);
  ASSERT_EQ(context->expiries().size(), 1U);
  EXPECT_EQ(context->expiries()[0].subject, "CN=localhost");
  EXPECT_GT(context->expiries()[0].at, std::time(nullptr) + 89 * 24 * 3600);
}

TEST(TlsContextTest, DescribesACertificate) {
  const auto authority = make_authority("ca", 24h);
  const auto issued = issue(order({"www.example.org", "*.example.org", "192.0.2.1", "2001:db8::1"}), authority);
  const auto all = describe(issued.certificate + authority.certificate);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].subject, "CN=www.example.org");
  EXPECT_EQ(all[0].issuer, "CN=ca");
  EXPECT_THAT(all[0].names, ::testing::ElementsAre("www.example.org", "*.example.org", "192.0.2.1", "[2001:db8::1]"));
  EXPECT_EQ(all[0].key, "ECDSA P-256");
  EXPECT_FALSE(all[0].self_signed);
  EXPECT_TRUE(all[1].self_signed);
  EXPECT_TRUE(all[1].issued_before);
}

TEST(TlsContextTest, KnowsItsProviders) {
  EXPECT_EQ(find_provider("gnutls"), nullptr);
  for (const auto& name : provider_names()) EXPECT_NE(find_provider(name), nullptr);
}

}  // namespace
}  // namespace kirsch::net::tls
