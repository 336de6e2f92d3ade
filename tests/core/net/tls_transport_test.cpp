// Connections over TLS and real sockets: what goes in comes out, and every way to end one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "tls_served.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;
using kirsch::test::TlsClient;
using kirsch::test::TlsOptions;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(TlsTransportTest, EchoesWhatComesIn) {
  TlsServed served(echo);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsOptions options;
    options.version = version;
    TlsClient client(served.port(), options);
    for (const std::string text : {"first", "second", "third"}) {
      ASSERT_TRUE(client.send(text));
      EXPECT_EQ(client.read_exactly(text.size()), text);
    }
  }
}

TEST(TlsTransportTest, RefusesOldVersions) {
  TlsServed served(echo);
  TlsOptions options;
  options.version = TLS1_1_VERSION;
  options.tune = [](SSL_CTX* context) { SSL_CTX_set_security_level(context, 0); };
  EXPECT_THAT([&] { TlsClient client(served.port(), options); },
              ThrowsMessage<std::runtime_error>(HasSubstr("alert protocol version")));
}

TEST(TlsTransportTest, TheModernProfileSpeaksOneVersion) {
  auto settings = tls_settings(localhost_certificate());
  settings.profile = tls::Profile::modern;
  TlsServed served(echo, settings);
  TlsOptions options;
  options.version = TLS1_2_VERSION;
  EXPECT_THAT([&] { TlsClient client(served.port(), options); },
              ThrowsMessage<std::runtime_error>(HasSubstr("alert protocol version")));
  EXPECT_NO_THROW(TlsClient client(served.port()));
}

TEST(TlsTransportTest, TakesOnlyAuthenticatedCiphersWithForwardSecrecy) {
  TlsServed served(echo);
  for (const char* weak :
       {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"}) {
    TlsOptions options;
    options.version = TLS1_2_VERSION;
    options.tune = [weak](SSL_CTX* context) { SSL_CTX_set_cipher_list(context, weak); };
    EXPECT_THROW(TlsClient client(served.port(), options), std::runtime_error) << weak;
  }
}

TEST(TlsTransportTest, SendsMoreThanAnyBufferHolds) {
  const std::string text = pattern(5'000'000);
  TlsServed served([&](Connection& connection) { send_text(connection, text); });
  TlsClient client(served.port());
  EXPECT_TRUE(client.read_exactly(text.size()) == text);
}

TEST(TlsTransportTest, SendsManyPiecesInOrder) {
  const std::string text = pattern(300'000);
  std::vector<iovec> pieces;
  for (std::size_t at = 0, size = 1; at < text.size();
       at += size, size = std::min(size * 3 + 1, text.size() - at - size))
    pieces.push_back({const_cast<char*>(text.data()) + at, std::min(size, text.size() - at)});
  pieces.insert(pieces.begin() + 1, iovec{nullptr, 0});
  TlsServed served([&](Connection& connection) { connection.transport->send(pieces); });
  TlsClient client(served.port());
  std::size_t whole = 0;
  for (const auto& piece : pieces) whole += piece.iov_len;
  EXPECT_TRUE(client.read_exactly(whole) == text.substr(0, whole));
}

TEST(TlsTransportTest, SendsAFile) {
  const std::string text = pattern(1'000'000);
  const kirsch::test::TemporaryFolder folder;
  const base::UniqueFd file(::open(folder.write("file", text).c_str(), O_RDONLY | O_CLOEXEC));
  TlsServed served([&](Connection& connection) { connection.transport->send_file({}, {file.get(), 1000, 900'000}); });
  TlsClient client(served.port());
  EXPECT_TRUE(client.read_exactly(900'000) == text.substr(1000, 900'000));
}

TEST(TlsTransportTest, LosesAConnectionWhoseFileIsTooShort) {
  const kirsch::test::TemporaryFolder folder;
  const base::UniqueFd file(::open(folder.write("file", "short").c_str(), O_RDONLY | O_CLOEXEC));
  std::promise<int> lost;
  TlsServed served([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    connection.transport->send_file({}, {file.get(), 0, 900});
  });
  TlsClient client(served.port());
  EXPECT_EQ(lost.get_future().get(), EIO);
}

TEST(TlsTransportTest, ReceivesMuchInOrder) {
  const std::string text = pattern(5'000'000);
  std::string got;
  std::promise<void> all;
  TlsServed served([&](Connection& connection) {
    connection.data = [&](std::span<char> bytes) {
      got.append(bytes.data(), bytes.size());
      if (got.size() == text.size()) all.set_value();
    };
  });
  TlsClient client(served.port());
  ASSERT_TRUE(client.send(text));
  all.get_future().get();
  EXPECT_TRUE(got == text);
}

TEST(TlsTransportTest, DeliversNothingWhilePaused) {
  std::promise<Connection*> paused, ended;
  std::string got;
  TlsServed served([&](Connection& connection) {
    connection.data = [&](std::span<char> bytes) {
      got.append(bytes.data(), bytes.size());
      if (got.size() > 1) return;
      connection.transport->pause_reading();
      paused.set_value(&connection);
    };
    connection.end = [&] { ended.set_value(&connection); };
  });
  TlsClient client(served.port());
  ASSERT_TRUE(client.send("a"));
  Connection* connection = paused.get_future().get();
  ASSERT_TRUE(client.send("bcd"));
  client.shutdown_write();
  EXPECT_EQ(served.running.call([&] { return got; }), "a");
  served.running.call([&] { connection->transport->resume_reading(); });
  ended.get_future().get();
  EXPECT_EQ(got, "abcd");
}

TEST(TlsTransportTest, AnswersAClientThatHasSaidAll) {
  TlsServed served([](Connection& connection) {
    connection.end = [&] { send_text(connection, "the answer"); };
    connection.sent = [&] { connection.transport->close(); };
  });
  TlsClient client(served.port());
  ASSERT_TRUE(client.send("question"));
  client.shutdown_write();
  EXPECT_EQ(client.read_to_end(), "the answer") << "and close_notify behind it";
}

// OpenSSL's queue of errors is that of the thread, so also of modules that use it there.
TEST(TlsTransportTest, ErrorsOfOthersAreNoneOfAConnection) {
  std::promise<void> ended;
  TlsServed served([&](Connection& connection) {
    echo(connection);
    connection.end = [&] { ended.set_value(); };
  });
  const auto leave_an_error = [&] { served.running.call([] { ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR); }); };
  leave_an_error();
  TlsClient client(served.port());
  leave_an_error();
  ASSERT_TRUE(client.send("text"));
  EXPECT_EQ(client.read_exactly(4), "text");
  leave_an_error();
  client.shutdown_write();
  EXPECT_EQ(ended.get_future().wait_for(20s), std::future_status::ready) << "close_notify is no loss";
}

TEST(TlsTransportTest, SaysThatItHasSaidAll) {
  std::promise<void> ended;
  TlsServed served([&](Connection& connection) {
    connection.data = [&](std::span<char>) {
      send_text(connection, "the answer");
      connection.transport->shutdown_write();
    };
    connection.end = [&] {
      connection.transport->close();
      ended.set_value();
    };
  });
  TlsClient client(served.port());
  ASSERT_TRUE(client.send("question"));
  EXPECT_EQ(client.read_to_end(), "the answer");
  client.end_tcp();
  ended.get_future().get();
}

TEST(TlsTransportTest, AFinWithoutCloseNotifyIsALoss) {
  std::promise<int> lost;
  TlsServed served([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    connection.end = [&] { lost.set_value(0); };
  });
  TlsClient client(served.port());
  client.end_tcp();
  EXPECT_EQ(lost.get_future().get(), ECONNRESET);
}

TEST(TlsTransportTest, AnAbortedConnectionIsTruncatedForItsClient) {
  TlsServed served(
      [](Connection& connection) { connection.data = [&](std::span<char>) { connection.transport->abort(); }; });
  TlsClient client(served.port());
  ASSERT_TRUE(client.send("question"));
  EXPECT_THROW(client.read_some(), std::runtime_error);
}

TEST(TlsTransportTest, ABrokenRecordIsALossWithAnAlert) {
  std::promise<int> lost;
  TlsServed served([&](Connection& connection) { connection.lost = [&](int error) { lost.set_value(error); }; });
  TlsClient client(served.port());
  const std::string broken = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(::send(client.descriptor(), broken.data(), broken.size(), 0), static_cast<ssize_t>(broken.size()));
  EXPECT_EQ(lost.get_future().get(), EPROTO);
  EXPECT_THAT([&] { client.read_some(); }, ThrowsMessage<std::runtime_error>(HasSubstr("bad record mac")));
}

TEST(TlsTransportTest, NoResetCostsAClientTheAlert) {
  TlsServed served(echo);
  TlsClient client(served.port());
  const std::string broken = std::string("\x17\x03\x03\x00\x20", 5) + std::string(300'000, 'x');
  for (std::size_t sent = 0; sent < broken.size();) {
    const auto count = ::send(client.descriptor(), broken.data() + sent, broken.size() - sent, 0);
    ASSERT_TRUE(count > 0 || errno == EINTR) << errno;
    sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  EXPECT_THAT([&] { client.read_some(); }, ThrowsMessage<std::runtime_error>(HasSubstr("bad record mac")));
  char byte = 0;
  EXPECT_EQ(TEMP_FAILURE_RETRY(::recv(client.descriptor(), &byte, 1, 0)), 0) << "an orderly end";
}

TEST(TlsTransportTest, NegotiatesTheApplication) {
  std::promise<std::string> said;
  TlsServed served(
      [&](Connection& connection) { said.set_value(std::string(connection.transport->tls()->application)); });
  TlsOptions options;
  options.applications = {"h2"};
  EXPECT_THAT([&] { TlsClient client(served.port(), options); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no application protocol")));
  options.applications = {"h2", "http/1.1"};
  TlsClient client(served.port(), options);
  EXPECT_EQ(said.get_future().get(), "http/1.1");
}

TEST(TlsTransportTest, KnowsWhatWasSettled) {
  std::promise<std::shared_ptr<const tls::Facts>> facts;
  TlsServed served([&](Connection& connection) { facts.set_value(connection.transport->tls()); });
  TlsOptions options;
  options.version = TLS1_2_VERSION;
  options.server_name = "LocalHost";
  TlsClient client(served.port(), options);
  const auto known = facts.get_future().get();
  EXPECT_EQ(known->version, "TLSv1.2");
  EXPECT_EQ(known->cipher, SSL_CIPHER_standard_name(SSL_get_current_cipher(client.ssl())));
  EXPECT_GE(known->cipher_bits, 128);
  EXPECT_EQ(known->server_name, "localhost");
  EXPECT_FALSE(known->resumed);
  EXPECT_EQ(known->client, nullptr);
}

// The second connection goes on with the session of the first.
bool resumes(TlsServed& first, TlsServed& second, int version) {
  TlsOptions options;
  options.version = version;
  TlsClient before(first.port(), options);
  EXPECT_TRUE(before.send("x"));
  EXPECT_EQ(before.read_exactly(1), "x");  // tickets of TLS 1.3 come with the first data
  const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(before.take_session(), SSL_SESSION_free);
  options.session = session.get();
  TlsClient again(second.port(), options);
  EXPECT_TRUE(again.send("y"));
  EXPECT_EQ(again.read_exactly(1), "y");
  return SSL_session_reused(again.ssl()) == 1;
}

TEST(TlsTransportTest, ResumesSessionsOnOtherLoopsAndAfterAReload) {
  const auto settings = tls_settings(localhost_certificate());
  TlsServed one(echo, settings), other(echo, settings);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(resumes(one, one, version));
    EXPECT_TRUE(resumes(one, other, version));
    one.contexts.set(tls_context(settings));
    EXPECT_TRUE(resumes(other, one, version));
  }
}

TEST(TlsTransportTest, DoesNotResumeSessionsOfAnotherListener) {
  const auto settings = tls_settings(localhost_certificate());
  auto foreign = settings;
  foreign.id = "another";
  TlsServed one(echo, settings), other(echo, foreign);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) EXPECT_FALSE(resumes(one, other, version));
}

TEST(TlsTransportTest, GivesNoTicketsWhereThereAreNone) {
  auto settings = tls_settings(localhost_certificate());
  settings.tickets = nullptr;
  TlsServed served(echo, settings);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) EXPECT_FALSE(resumes(served, served, version));
}

TEST(TlsTransportTest, RefusesRenegotiation) {
  TlsServed served(echo);
  TlsOptions options;
  options.version = TLS1_2_VERSION;
  TlsClient client(served.port(), options);
  EXPECT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST(TlsTransportTest, AFewKeyUpdatesAreFine) {
  TlsServed served(echo);
  TlsClient client(served.port());
  for (int count = 0; count < 20; ++count) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_TRUE(client.send("x"));
    ASSERT_EQ(client.read_exactly(1), "x");
  }
}

TEST(TlsTransportTest, AFloodOfKeyUpdatesIsALoss) {
  std::promise<int> lost;
  TlsServed served([&](Connection& connection) { connection.lost = [&](int error) { lost.set_value(error); }; });
  TlsClient client(served.port());
  for (int count = 0; count < 400; ++count) {
    if (SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1 || SSL_do_handshake(client.ssl()) != 1) break;
  }
  EXPECT_EQ(lost.get_future().get(), EPROTO);
}

TEST(TlsTransportTest, AnswersClientsWithoutTls) {
  TlsServed served(echo);
  Client client(loopback(served.port()));
  ASSERT_TRUE(client.write("GE"));
  ASSERT_TRUE(client.write("T / HTTP/1.1\n"));
  EXPECT_EQ(client.read(100), "speak TLS\n");
}

TEST(TlsTransportTest, AnswersAFalseHandshakeWithAnAlert) {
  TlsServed served(echo);
  Client client(loopback(served.port()));
  ASSERT_TRUE(client.write(std::string_view("\x16\x03\x01\x00\x09\x01\x00\x00\x05hello", 14)));
  const std::string answer = client.read(100);
  ASSERT_EQ(answer.size(), 7U);
  EXPECT_EQ(answer[0], 21) << "a record of an alert";
}

TEST(TlsTransportTest, EndsWhatIsNoTlsAtAll) {
  TlsServed served(echo);
  Client client(loopback(served.port()));
  ASSERT_TRUE(client.write("\x01\x02\x03 what is this?"));
  EXPECT_EQ(client.read_once(), 0);
}

// What a client sends first, as OpenSSL would.
std::string client_hello() {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  SSL_connect(ssl.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

TEST(TlsTransportTest, TakesAHandshakeByteByByte) {
  TlsServed served(echo);
  Client client(loopback(served.port()));
  for (const char byte : client_hello()) ASSERT_TRUE(client.write({&byte, 1}));
  EXPECT_EQ(client.read(1), "\x16") << "a record of a handshake";
}

TEST(TlsTransportTest, GivesAHandshakeItsTimeAndNoMore) {
  TlsServed served(echo, {.handshake_time = 50ms, .handshakes = 1000});
  Client silent(loopback(served.port()));
  Client slow(loopback(served.port()));
  ASSERT_TRUE(slow.write(client_hello().substr(0, 50)));
  EXPECT_EQ(silent.read_once(), 0);
  EXPECT_EQ(slow.read_once(), 0);
}

TEST(TlsTransportTest, EndsTheOldestOfTooManyHandshakes) {
  TlsServed served(echo, {.handshake_time = 60s, .handshakes = 2});
  Client first(loopback(served.port()));
  Client second(loopback(served.port()));
  TlsClient third(served.port());
  ASSERT_TRUE(third.send("x"));
  ASSERT_EQ(third.read_exactly(1), "x");
  EXPECT_NE(first.read_once(), 1) << "closed or reset";
  EXPECT_LE(served.running.call([&] { return served.layer().handshakes(); }), 1U);
}

TEST(TlsTransportTest, ManyHandshakesAtOnceAllSucceed) {
  TlsServed served(echo);
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int count = 0; count < 40; ++count) {
    clients.emplace_back([&] {
      TlsClient client(served.port());
      if (client.send("hello") && client.read_exactly(5) == "hello") ++good;
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 40);
}

TEST(TlsTransportTest, RunningConnectionsKeepTheirCertificate) {
  TlsServed served(echo);
  TlsClient before(served.port());
  tls::Order order;
  order.names = {"new.example.org"};
  served.contexts.set(tls_context(tls_settings(tls::self_signed(order))));
  TlsClient after(served.port());
  EXPECT_EQ(before.peer_name(), "localhost");
  EXPECT_EQ(after.peer_name(), "new.example.org");
  ASSERT_TRUE(before.send("still here"));
  EXPECT_EQ(before.read_exactly(10), "still here");
}

TEST(TlsTransportTest, ChoosesTheCertificateByNameAndKind) {
  const auto made = [](std::vector<std::string> names, tls::Order::Key key) {
    tls::Order order;
    order.names = std::move(names);
    order.key = key;
    const auto issued = tls::self_signed(order);
    return tls::Material{issued.certificate, issued.private_key, {}, {}, {}};
  };
  auto settings = tls_settings(localhost_certificate());
  settings.certificates.push_back(made({"www.example.org"}, tls::Order::Key::ecdsa));
  settings.certificates.push_back(made({"rsa.example.org", "www.example.org"}, tls::Order::Key::rsa));
  settings.certificates.push_back(made({"*.example.org"}, tls::Order::Key::ecdsa));
  TlsServed served(echo, settings);
  const auto shown = [&](const std::string& name, const std::string& algorithms = {}) {
    TlsOptions options;
    options.server_name = name;
    options.signature_algorithms = algorithms;
    TlsClient client(served.port(), options);
    return client.peer_name() + " " + client.key_kind();
  };
  EXPECT_EQ(shown(""), "localhost EC");
  EXPECT_EQ(shown("unknown.net"), "localhost EC");
  EXPECT_EQ(shown("www.example.org"), "www.example.org EC");
  EXPECT_EQ(shown("WWW.Example.Org"), "www.example.org EC");
  EXPECT_EQ(shown("www.example.org", "rsa_pss_rsae_sha256:RSA+SHA256"), "rsa.example.org RSA");
  EXPECT_EQ(shown("shop.example.org"), "*.example.org EC");
  EXPECT_EQ(shown("a.shop.example.org"), "localhost EC");
}

TEST(TlsTransportTest, WritesSecretsOnlyWhereAsked) {
  const kirsch::test::TemporaryFolder folder;
  auto settings = tls_settings(localhost_certificate());
  settings.key_log = folder.path() / "keys";
  TlsServed served(echo, settings);
  TlsClient client(served.port());
  ASSERT_TRUE(client.send("x"));
  ASSERT_EQ(client.read_exactly(1), "x");
  EXPECT_THAT(kirsch::test::contents_of(settings.key_log), HasSubstr("SERVER_TRAFFIC_SECRET_0 "));
  struct stat status {};
  ASSERT_EQ(::stat(settings.key_log.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(TlsTransportTest, TheEndOfTheLoopEndsEveryConnection) {
  std::promise<void> open;  // the client is done with its handshake before the server is
  std::promise<int> lost;
  auto served = std::make_unique<TlsServed>([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    open.set_value();
  });
  TlsClient client(served->port());
  Client silent(loopback(served->port()));
  open.get_future().get();
  served.reset();
  EXPECT_EQ(lost.get_future().get(), ECANCELED);
}

}  // namespace
}  // namespace kirsch::net::test
