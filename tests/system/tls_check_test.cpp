// What is wrong with certificates, keys and passwords is said by `kirsch check`, at its place, before anything is
// bound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "support/certificates.h"
#include "support/client.h"
#include "support/kirsch.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TlsCheck : public ::testing::Test {
 protected:
  // The text of a configuration beside the files of the certificates, so that names are short.
  Result check(const std::string& tls) const {
    const auto file = write(tls);
    return run_kirsch({"check", "-c", file});
  }
  std::string write(const std::string& tls) const {
    std::ofstream file(certificates_.folder() / "kirsch.yaml");
    file << completed("version: 1\nlisteners:\n  main:\n    bind: \"127.0.0.1:0\"\n    tls: " + tls +
                      "\npaths: { /: { handler: { respond: { body: hello } } } }\n");
    return (certificates_.folder() / "kirsch.yaml").string();
  }
  void expect_error(const std::string& tls, const std::string& sentence, const std::string& place) const {
    const auto said = check(tls);
    EXPECT_NE(said.exit_code, 0) << tls;
    EXPECT_THAT(said.err, AllOf(HasSubstr("error["), HasSubstr(sentence), HasSubstr("kirsch.yaml:5:" + place + "\n")));
  }
  void expect_warning(const std::string& tls, const std::string& sentence, const std::string& place) const {
    const auto said = check(tls);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_THAT(said.err,
                AllOf(HasSubstr("warning["), HasSubstr(sentence), HasSubstr("kirsch.yaml:5:" + place + "\n")));
  }
  void encrypt_key() const {
    openssl({"pkcs8", "-topk8", "-in", certificates_.private_key(), "-out",
             (certificates_.folder() / "locked.pem").string(), "-passout", "pass:open sesame"});
    std::filesystem::permissions(certificates_.folder() / "locked.pem", std::filesystem::perms(0600));
  }
  void put(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    std::ofstream(certificates_.folder() / name) << text;
    std::filesystem::permissions(certificates_.folder() / name, std::filesystem::perms(mode));
  }
  // dated.pem for the key of the others.
  void issue(const std::string& from, const std::string& to) const {
    put("ca.conf",
        "[ca]\ndefault_ca=one\n[one]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n"
        "email_in_dn=no\nunique_subject=no\nrand_serial=yes\n[any]\ncommonName=supplied\n"
        "[names]\nsubjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n");
    put("index", "");
    const auto in = [&](const std::string& name) { return (certificates_.folder() / name).string(); };
    openssl({"req", "-new", "-key", certificates_.private_key(), "-subj", "/CN=localhost", "-out", in("request")});
    Process process(
        {"openssl",    "ca",       "-batch",     "-config", "ca.conf", "-extensions", "names",     "-cert",
         "ca.pem",     "-keyfile", "ca-key.pem", "-in",     "request", "-out",        "dated.pem", "-notext",
         "-startdate", from,       "-enddate",   to},
        {.folder = certificates_.folder(), .environment = {}, .input = {}});
    ASSERT_EQ(process.wait(), 0) << process.output().all;
  }

  const Certificates certificates_;
};

TEST_F(TlsCheck, a_good_pair_is_fine) {
  const auto said = check("{ certificate: cert.pem, private_key: privkey.pem, certificate_chain: ca.pem }");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.err, IsEmpty());
}

TEST_F(TlsCheck, the_key_may_stand_beside_the_certificate) {
  put("both.pem", contents_of(certificates_.certificate()) + contents_of(certificates_.private_key()));
  EXPECT_EQ(check("{ certificate: both.pem }").exit_code, 0);
}

TEST_F(TlsCheck, files_must_be_there_and_be_what_they_say) {
  expect_error("{ certificate: none.pem, private_key: privkey.pem }", "none.pem' cannot be read: No such file", "25");
  expect_error("{ certificate: cert.pem, private_key: none.pem }", "none.pem' cannot be read: No such file", "48");
  expect_error("{ certificate: privkey.pem, private_key: privkey.pem }", "this holds no certificate (PEM)", "25");
  expect_error("{ certificate: cert.pem, private_key: ca.pem }", "this is no private key (PEM)", "48");
  expect_error("{ certificate: cert.pem, private_key: ., certificate_chain: ca.pem }", "is no regular file", "48");
  put("empty.pem", "");
  expect_error("{ certificate: cert.pem, private_key: empty.pem }", "empty.pem' is empty", "48");
}

TEST_F(TlsCheck, the_key_must_belong_to_the_certificate) {
  expect_error("{ certificate: cert.pem, private_key: ca-key.pem }",
               "the private key does not belong to the certificate", "48");
}

TEST_F(TlsCheck, an_encrypted_key_needs_its_password) {
  encrypt_key();
  put("right", "open sesame\n");
  put("wrong", "sesame\n");
  const std::string start = "{ certificate: cert.pem, private_key: locked.pem";
  expect_error(start + " }", "the private key is encrypted, and no password is given", "48");
  expect_error(start + ", password: { file: wrong } }", "the password of the private key is wrong", "70");
  expect_error(start + ", password: { file: none } }", "the password file", "70");
  expect_error(start + ", password: { environment: KIRSCH_TEST_UNSET } }",
               "KIRSCH_TEST_UNSET of the password is not set", "70");
  expect_error(start + ", password: { command: [\"false\"] } }", "the password command 'false' ended with exit code 1",
               "70");
  expect_error(start + ", password: { command: [\"no-such-program\"] } }", "cannot be started", "70");
  EXPECT_EQ(check(start + ", password: { file: right } }").exit_code, 0);
  EXPECT_EQ(check(start + ", password: { command: [echo, open sesame] } }").exit_code, 0);
  EXPECT_EQ(check(start + ", password: prompt }").exit_code, 0) << "nobody is asked by a check";
  const auto file = write(start + ", password: { environment: SESAME } }");
  EXPECT_EQ(run_kirsch({"check", "-c", file}, {}, {{"SESAME", "open sesame"}}).exit_code, 0);
}

TEST_F(TlsCheck, no_password_appears_in_what_it_says) {
  encrypt_key();
  put("wrong", "a-wrong-one\n");
  EXPECT_THAT(check("{ certificate: cert.pem, private_key: locked.pem, password: { file: wrong } }").err,
              Not(HasSubstr("a-wrong-one")));
}

TEST_F(TlsCheck, who_may_read_the_key_is_told) {
  const auto key = certificates_.folder() / "privkey.pem";
  std::filesystem::permissions(key, std::filesystem::perms(0640));
  expect_warning("{ certificate: cert.pem, private_key: privkey.pem }", "its group may read the private key", "48");
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  expect_warning("{ certificate: cert.pem, private_key: privkey.pem }", "everybody may read the private key", "48");
}

TEST_F(TlsCheck, dates_are_warnings) {
  issue("20200101000000Z", "20200201000000Z");
  expect_warning("{ certificate: dated.pem, private_key: privkey.pem }", "has expired on 2020-02-01T00:00:00Z", "25");
  issue("20900101000000Z", "20910101000000Z");
  expect_warning("{ certificate: dated.pem, private_key: privkey.pem }", "is not valid before 2090-01-01T00:00:00Z",
                 "25");
}

TEST_F(TlsCheck, a_file_that_may_not_be_read_is_another_kind_of_error) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const auto file = write("{ certificate: cert.pem, private_key: privkey.pem }");
  std::filesystem::permissions(certificates_.folder(), std::filesystem::perms(0755));
  Process check(
      {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", kirsch_program().string(), "check", "-c", file});
  EXPECT_EQ(check.wait(), 5) << check.output().all;
  EXPECT_THAT(check.output().errors,
              AllOf(HasSubstr("privkey.pem' cannot be read: Permission denied"), HasSubstr("kirsch.yaml:5:48\n")));
}

TEST_F(TlsCheck, no_secret_is_written_by_a_check) {
  const auto log = certificates_.folder() / "secrets";
  EXPECT_EQ(check("{ certificate: cert.pem, private_key: privkey.pem, key_log: secrets }").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(log));
  expect_error("{ certificate: cert.pem, private_key: privkey.pem, key_log: none/secrets }",
               "the key log cannot be written: No such file", "70");
  expect_error("{ certificate: cert.pem, private_key: privkey.pem, key_log: . }",
               "the key log cannot be written: Is a directory", "70");
}

TEST_F(TlsCheck, clients_need_an_authority) {
  expect_error(
      "{ certificate: cert.pem, private_key: privkey.pem, client_certificates: required, client_authorities: "
      "privkey.pem }",
      "this holds no certificates (PEM)", "112");
}

TEST_F(TlsCheck, further_certificates_have_their_own_places) {
  const auto said = check(
      "\n      certificate: cert.pem\n      private_key: privkey.pem\n      certificates:\n        - { certificate: "
      "cert.pem, private_key: ca-key.pem }");
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, AllOf(HasSubstr("does not belong"), HasSubstr("kirsch.yaml:9:49\n")));
}

TEST_F(TlsCheck, programs_may_read_it) {
  const auto file = write("{ certificate: cert.pem, private_key: ca-key.pem }");
  const auto said = run_kirsch({"check", "-c", file, "--json"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.out, AllOf(HasSubstr("\"code\": \"C081\""), HasSubstr("\"line\": 5")));
}

TEST_F(TlsCheck, a_start_gives_the_same_verdict) {
  const auto file = write("{ certificate: cert.pem, private_key: ca-key.pem }");
  const auto said = run_kirsch({"run", "-c", file});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, HasSubstr("the private key does not belong to the certificate"));
  EXPECT_THAT(said.out, Not(HasSubstr("serving")));
}

}  // namespace
}  // namespace kirsch::test
