// kirsch certificate: what it makes can be used, what it shows is true, and nothing is lost by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificates.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result certificate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "certificate");
  return run_kirsch(arguments);
}

TEST(CertificateCommand, makes_a_pair_that_only_its_owner_reads) {
  const TemporaryFolder folder;
  const auto made =
      certificate({"self-signed", "--host", "localhost", "--host", "127.0.0.1", "--directory", folder.path().string()});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, AllOf(HasSubstr("cert.pem\n"), HasSubstr("privkey.pem\n")));
  EXPECT_EQ(std::filesystem::status(folder.path() / "privkey.pem").permissions(), std::filesystem::perms(0600));
  EXPECT_NO_THROW(openssl({"x509", "-in", (folder.path() / "cert.pem").string(), "-noout", "-checkhost", "localhost",
                           "-checkip", "127.0.0.1"}));
}

TEST(CertificateCommand, replaces_nothing_unless_asked) {
  const TemporaryFolder folder;
  const std::vector<std::string> order{"self-signed", "--host", "a", "--directory", folder.path().string()};
  ASSERT_EQ(certificate(order).exit_code, 0);
  const auto before = contents_of(folder.path() / "privkey.pem");
  const auto again = certificate(order);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
  EXPECT_EQ(contents_of(folder.path() / "privkey.pem"), before);
  auto forced = order;
  forced.push_back("--force");
  EXPECT_EQ(certificate(forced).exit_code, 0);
  EXPECT_NE(contents_of(folder.path() / "privkey.pem"), before);
}

TEST(CertificateCommand, an_authority_is_made_once_and_issues_again) {
  const Certificates certificates;
  const auto authority = contents_of(certificates.authority());
  certificates.more("other", {"www.example.org"}, {"--rsa"});
  certificates.client("ada");
  for (const auto* name : {"cert.pem", "other/cert.pem", "ada-cert.pem"})
    EXPECT_NO_THROW(
        openssl({"verify", "-CAfile", certificates.authority().string(), (certificates.folder() / name).string()}));
  EXPECT_EQ(contents_of(certificates.authority()), authority);
}

TEST(CertificateCommand, wants_to_know_for_whom) {
  const auto made = certificate({"self-signed"});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_THAT(made.err, HasSubstr("--host NAME"));
}

TEST(CertificateCommand, shows_what_a_file_holds) {
  const Certificates certificates({"www.example.org", "*.example.org"});
  const auto shown = certificate({"show", certificates.certificate()});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("subject      CN=www.example.org\n"),
                               HasSubstr("issuer       CN=Kirsch local authority\n"),
                               HasSubstr("names        www.example.org, *.example.org\n"), HasSubstr("days left"),
                               HasSubstr("its issuer is not in this file")));
  const auto json = certificate({"show", "--json", certificates.authority().string()});
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"self_signed\": true"), HasSubstr("\"key\": \"ECDSA P-256\"")));
  const auto none = certificate({"show", certificates.private_key()});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("holds no certificate"));
}

TEST(CertificateCommand, shows_those_of_a_configuration) {
  const Certificates certificates;
  const TemporaryFolder folder;
  const auto file =
      folder.write("kirsch.yaml",
                   "version: 1\nplugins: { path: [\"" + (build_folder() / "plugins").string() + "\"] }\n" +
                       over_tls(certificates, "paths: { /: { handler: { respond: { body: hello } } } }\n").substr(11));
  EXPECT_THAT(certificate({"show", "-c", file.string()}).out,
              HasSubstr(certificates.certificate() + "\n  subject      CN=localhost\n"));
}

}  // namespace
}  // namespace kirsch::test
