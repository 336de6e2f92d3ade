// The server over TLS, met by real clients and by our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/certificates.h"
#include "support/client.h"
#include "support/memory.h"
#include "support/occurrences.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Process::Output run(const std::vector<std::string>& command, const std::string& input = {}) {
  Process process(command, {.folder = {}, .environment = {}, .input = input});
  process.wait();
  return process.output();
}

std::string port_text(const Server& server) { return std::to_string(server.port()); }

TEST(TlsServing, curl_verifies_and_is_served) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  for (const auto* version : {"--tlsv1.2", "--tlsv1.3"}) {
    const auto said = run(
        {"curl", "-sS", version, "--cacert", certificates.authority(), "https://localhost:" + port_text(server) + "/"});
    EXPECT_EQ(said.all, "hello") << version;
  }
}

TEST(TlsServing, s_client_is_served_with_both_versions_and_not_with_older_ones) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  const auto connect = [&](const std::string& version, const std::string& ciphers) {
    return run({"openssl", "s_client", "-connect", "127.0.0.1:" + port_text(server), version, "-cipher", ciphers,
                "-CAfile", certificates.authority(), "-ign_eof"},
               "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .all;
  };
  EXPECT_THAT(connect("-tls1_3", "DEFAULT"),
              AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr("\r\n\r\nhello")));
  EXPECT_THAT(connect("-tls1_2", "DEFAULT"),
              AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr("\r\n\r\nhello"),
                    HasSubstr("Secure Renegotiation IS supported"), HasSubstr("Compression: NONE")));
  for (const auto* old : {"-tls1_1", "-tls1"})
    EXPECT_THAT(connect(old, "DEFAULT:@SECLEVEL=0"),
                AllOf(HasSubstr("alert protocol version"), Not(HasSubstr("hello"))));
}

TEST(TlsServing, gnutls_is_served) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  const auto said = run({"gnutls-cli", "--x509cafile", certificates.authority(), "-p", port_text(server), "localhost"},
                        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(said.all, AllOf(HasSubstr("The certificate is trusted"), HasSubstr("hello")));
}

TEST(TlsServing, sslscan_finds_nothing_old) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  const auto said = run({"sslscan", "--no-colour", "127.0.0.1:" + port_text(server)}).all;
  for (const auto* off :
       {"SSLv2     disabled", "SSLv3     disabled", "TLSv1.0   disabled", "TLSv1.1   disabled", "TLSv1.2   enabled",
        "TLSv1.3   enabled", "Session renegotiation not supported", "Server supports TLS Fallback SCSV"})
    EXPECT_THAT(said, HasSubstr(off));
  for (const auto* weak : {"CBC", "SHA1", "3DES", "RC4", " AES128-GCM"})
    EXPECT_THAT(said, Not(HasSubstr(weak))) << weak;
}

TEST(TlsServing, keeps_a_connection_for_many_requests) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  TlsClient client(server.port(), {.server_name = "localhost", .authority = certificates.authority()});
  for (int count = 0; count < 100; ++count) ASSERT_THAT(client.ask(localhost_get), HasSubstr("\r\n\r\nhello"));
  ASSERT_TRUE(client.send(
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const auto both = client.read_to_end();
  EXPECT_EQ(occurrences(both, "\r\n\r\nhello"), 2U) << both;
}

TEST(TlsServing, tells_clients_without_tls_where_to_go) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  Client client(server);
  client.send("GET /a?b=c HTTP/1.1\r\nHost: localhost:" + port_text(server) + "\r\n\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("https://localhost:" + port_text(server) + "/a?b=c\n"));
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  Client strange(server);
  strange.send("GET / HTTP/1.1\r\nHost: <b>\r\n\r\n");
  const auto other = strange.read();
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, Not(HasSubstr("<b>")));
}

TEST(TlsServing, a_plain_listener_survives_a_handshake) {
  const Server server(loopback(hello_path));
  EXPECT_THROW(TlsClient client(server.port()), std::runtime_error);
  EXPECT_EQ(get(server, "/").body, "hello");
}

std::string both_listeners(const Certificates& certificates, const std::string& plain, std::string_view rest) {
  return "version: 1\nlisteners:\n  plain: { bind: \"127.0.0.1:0\"" + plain + " }\n  tls: { bind: \"127.0.0.1:0\", " +
         certificates.yaml() + " }\n" + std::string(rest);
}

TEST(TlsServing, hsts_comes_with_tls_only) {
  const Certificates certificates;
  const Server server(both_listeners(certificates, "", std::string("tools: { secureheaders: {} }\n") + hello_path));
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(get(server, "/").field("Strict-Transport-Security"));
    TlsClient client(server.port(1));
    EXPECT_THAT(client.ask(localhost_get), HasSubstr("\r\nStrict-Transport-Security: max-age=63072000\r\n"));
    EXPECT_THAT(client.ask("nonsense\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Strict-Transport-Security")));
  }
}

TEST(TlsServing, redirects_what_comes_without_tls) {
  const Certificates certificates;
  const Server server(
      both_listeners(certificates, ", redirect: https",
                     "tools: { secureheaders: {} }\n"
                     "sites:\n  - hosts: [localhost]\n    paths: { /: { handler: { respond: { body: hello } } } }\n"));
  const auto to = "https://localhost:" + std::to_string(server.port(1));
  const auto moved = get(server, "/a%20b/?c=d");
  EXPECT_EQ(moved.status, 308);
  EXPECT_EQ(moved.field("Location"), to + "/a%20b/?c=d");
  EXPECT_EQ(moved.field("X-Content-Type-Options"), "nosniff") << "the headers of tools reach it";
  EXPECT_FALSE(moved.field("Strict-Transport-Security"));
  EXPECT_EQ(request(server, "POST", "/x", {}, "body").field("Location"), to + "/x");
  const auto foreign = get(server, "/", "Host: evil.example.org\r\n");
  EXPECT_EQ(foreign.status, 421);
  EXPECT_FALSE(foreign.field("Location"));
}

TEST(TlsServing, downloads_and_uploads_are_whole) {
  const Certificates certificates;
  std::string body(20'000'000, '\0');
  for (std::size_t at = 0; at < body.size(); ++at) body[at] = static_cast<char>(at * 7 + at / 1000);
  ServerOptions options;
  options.files["site/large"] = body;
  const Server server(over_tls(certificates,
                               "server: { limits: { body: 64MiB } }\n"
                               "paths:\n  /: { handler: { static: { root: site } } }\n"
                               "  /echo: { handler: { echo: {} } }\n"),
                      options);
  TlsClient client(server.port());
  const auto download = client.ask("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(download.substr(download.find("\r\n\r\n") + 4) == body);
  const auto echoed = client.ask(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(echoed.substr(echoed.size() - body.size()) == body);
}

TEST(TlsServing, a_reader_that_stops_holds_nobody_else) {
  const Certificates certificates;
  ServerOptions options;
  options.files["site/large"] = std::string(50'000'000, 'x');
  const Server server(over_tls(certificates, "paths: { /: { handler: { static: { root: site } } } }\n"), options);
  TlsClient stopped(server.port());
  ASSERT_TRUE(stopped.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  TlsClient other(server.port());
  EXPECT_THAT(other.ask("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 404"));
}

TEST(TlsServing, a_client_that_has_said_all_gets_its_answer) {
  const Certificates certificates;
  const Server server(over_tls(certificates, hello_path));
  TlsClient client(server.port());
  ASSERT_TRUE(client.send(localhost_get));
  client.shutdown_write();
  EXPECT_THAT(client.read_to_end(), HasSubstr("\r\n\r\nhello"));
}

TEST(TlsServing, a_truncated_body_is_no_request) {
  const Certificates certificates;
  const Server server(over_tls(certificates, "paths: { /: { handler: { echo: {} } } }\n"));
  TlsClient client(server.port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"));
  client.end_tcp();
  EXPECT_THROW(client.read_some(), std::runtime_error) << "no answer, and no orderly end";
  EXPECT_THAT(TlsClient(server.port()).ask(localhost_get), StartsWith("HTTP/1.1 200"));
}

TEST(TlsServing, modules_learn_what_was_settled) {
  const Certificates certificates;
  const Server server(both_listeners(certificates, "", "paths: { /: { handler: { tls_facts: {} } } }\n"));
  EXPECT_EQ(get(server, "/").body, "no TLS\n");
  TlsClient client(server.port(1), {.server_name = "localhost", .applications = {"http/1.1"}});
  EXPECT_THAT(client.ask(localhost_get),
              AllOf(HasSubstr("version TLSv1.3\n"), HasSubstr("cipher TLS_"), HasSubstr("name localhost\n"),
                    HasSubstr("application http/1.1\n"), HasSubstr("resumed no\n"), HasSubstr("client none\n")));
}

TEST(TlsServing, modules_learn_who_the_client_is) {
  const Certificates certificates;
  certificates.client("ada");
  const Server server(
      over_tls(certificates, "paths: { /: { handler: { tls_facts: {} } } }\n",
               ", client_certificates: required, client_authorities: \"" + certificates.authority().string() + "\""));
  TlsClient client(server.port(), {.certificate = certificates.folder() / "ada-cert.pem",
                                   .private_key = certificates.folder() / "ada-privkey.pem"});
  EXPECT_THAT(client.ask(localhost_get),
              AllOf(HasSubstr("client verified\n"), HasSubstr("subject CN=ada\n"),
                    HasSubstr("issuer CN=Kirsch local authority\n"), HasSubstr("BEGIN CERTIFICATE")));
}

class TlsTunnel : public ::testing::Test {
 protected:
  void open(TlsClient& client) const {
    ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n"));
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
    ASSERT_THAT(head, StartsWith("HTTP/1.1 101"));
  }

  const Certificates certificates_;
  const Server server_{over_tls(certificates_, "paths: { /: { handler: { tunnel: {} } } }\n")};
};

TEST_F(TlsTunnel, carries_raw_bytes_both_ways_and_ends_clean) {
  TlsClient client(server_.port());
  open(client);
  std::string piece(200'000, '\0');
  for (int count = 0; count < 50; ++count) {
    for (std::size_t at = 0; at < piece.size(); ++at) piece[at] = static_cast<char>(at * 13 + at / 777);
    ASSERT_TRUE(client.send(piece));
    ASSERT_TRUE(client.read_exactly(piece.size()) == piece);
  }
  client.shutdown_write();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), StartsWith("clean after 10000000 bytes"));
}

TEST_F(TlsTunnel, knows_a_truncated_stream_from_a_complete_one) {
  TlsClient client(server_.port());
  open(client);
  ASSERT_TRUE(client.send("hello"));
  ASSERT_EQ(client.read_exactly(5), "hello");
  client.end_tcp();
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), StartsWith("unclean after 5 bytes"));
}

TEST_F(TlsTunnel, ends_in_order_when_the_server_has_said_all) {
  TlsClient client(server_.port());
  open(client);
  ASSERT_TRUE(client.send("close\n"));
  EXPECT_EQ(client.read_to_end(), "goodbye\n");
}

TEST(TlsServing, staples_what_it_was_given) {
  const Certificates certificates;
  const auto in = [&](const std::string& name) { return (certificates.folder() / name).string(); };
  Process serial({"openssl", "x509", "-in", certificates.certificate(), "-noout", "-serial"});
  ASSERT_EQ(serial.wait(), 0);
  const auto line = serial.output().out;
  const auto number = line.substr(line.find('=') + 1, line.find('\n') - line.find('=') - 1);
  std::ofstream(in("index")) << "V\t400101000000Z\t\t" << number << "\tunknown\t/CN=localhost\n";
  openssl({"ocsp", "-index", in("index"), "-CA", in("ca.pem"), "-rsigner", in("ca.pem"), "-rkey", in("ca-key.pem"),
           "-issuer", in("ca.pem"), "-cert", certificates.certificate(), "-respout", in("staple.der"), "-ndays", "1"});
  const Server server(over_tls(certificates, hello_path, ", ocsp: \"" + in("staple.der") + "\""));
  const auto said =
      run({"openssl", "s_client", "-connect", "127.0.0.1:" + port_text(server), "-status", "-CAfile", in("ca.pem")});
  EXPECT_THAT(said.all, AllOf(HasSubstr("OCSP Response Status: successful"), HasSubstr("Cert Status: good")));
}

TEST(TlsServing, an_idle_connection_costs_little) {
  constexpr std::size_t many = 500;
  const Certificates certificates;
  const Server server(
      over_tls(certificates, std::string("server: { loops: 1, limits: { keep_alive: 10m } }\n") + hello_path));
  std::vector<std::unique_ptr<TlsClient>> clients;
  const auto add = [&](std::size_t count) {
    for (std::size_t done = 0; done < count; ++done) {
      clients.push_back(std::make_unique<TlsClient>(server.port()));
      ASSERT_THAT(clients.back()->ask(localhost_get), HasSubstr("hello"));
    }
  };
  add(100);  // what the first ones need once
  const auto before = resident(server.pid());
  add(many);
  const auto each = (resident(server.pid()) - before) / many;
  RecordProperty("bytes_per_idle_connection", std::to_string(each));
  if (!sanitized()) {
    EXPECT_LE(each, 15'872U);
  }
}

}  // namespace
}  // namespace kirsch::test
