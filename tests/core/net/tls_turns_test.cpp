// Clients whose handshake waits for its turn, and who have said everything by then.
#include <gtest/gtest.h>

#include "tls_served.h"

namespace kirsch::net::test {
namespace {

// Has shaken hands for its part, and keeps its last flight with all that it has to say until say_all.
class EagerClient {
 public:
  explicit EagerClient(const Address& address) : client_(address) {
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    while (SSL_do_handshake(ssl_.get()) != 1) {
      client_.write(taken());
      if (!hear()) throw std::runtime_error("no handshake");
    }
    SSL_write(ssl_.get(), "hello", 5);
    SSL_shutdown(ssl_.get());
  }

  void say_all() {
    client_.write(taken());
    client_.finish();
  }
  std::string answer() {
    std::string text(5, ' ');
    while (SSL_read(ssl_.get(), text.data(), 5) != 5) {
      if (!hear()) return "nothing";
    }
    return text;
  }

 private:
  std::string taken() {
    std::string bytes(BIO_pending(out_), ' ');
    BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  bool hear() {
    const std::string byte = client_.read(1);
    return !byte.empty() && BIO_write(in_, byte.data(), 1) == 1;
  }

  Client client_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{SSL_new(context_.get()), SSL_free};
  BIO* in_ = BIO_new(BIO_s_mem());
  BIO* out_ = BIO_new(BIO_s_mem());
};

void answer(Connection& connection) {
  connection.data = [&](std::span<char> bytes) { send_text(connection, {bytes.begin(), bytes.end()}); };
  connection.sent = [&] { connection.transport->close(); };
}

void all_are_answered(std::function<void(Connection&)> start) {
  TlsServed served(std::move(start));
  std::vector<std::unique_ptr<EagerClient>> clients;
  for (int count = 0; count < 20; ++count) clients.push_back(std::make_unique<EagerClient>(loopback(served.port())));
  // While the loop is busy, so that it finds the last words of all in one turn.
  served.running.call([&] {
    for (const auto& client : clients) client->say_all();
  });
  for (const auto& client : clients) EXPECT_EQ(client->answer(), "hello");
}

TEST(TlsTurnsTest, AnswersClientsThatEndedBeforeTheirTurn) { all_are_answered(answer); }

TEST(TlsTurnsTest, AnswersClientsThatEndedBeforeTheirTurnAndWaitOnceMore) {
  all_are_answered([](Connection& connection) {
    answer(connection);
    connection.transport->pause_reading();
    connection.transport->loop().post([&] { connection.transport->resume_reading(); });
  });
}

}  // namespace
}  // namespace kirsch::net::test
