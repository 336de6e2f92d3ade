// Wires of TLS on other wires. Nothing is verified: the server is one of this machine, and the time is the server's.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "load/wires.h"

namespace kirsch::load {

struct TlsPlan {
  int version = 0;      // TLS1_2_VERSION or TLS1_3_VERSION: that alone
  bool resume = false;  // offers the newest session that was given; a connection that then shakes hands in full
                        // is ended with EPROTO
};

class TlsWires final : public Wires, public WireUser {
 public:
  // `below` outlives these. Throws std::runtime_error.
  TlsWires(Wires& below, std::size_t count, const TlsPlan& plan);
  ~TlsWires() override;
  TlsWires(const TlsWires&) = delete;
  TlsWires& operator=(const TlsWires&) = delete;

  void use(WireUser& user) { user_ = &user; }

  // One request at a time: what is sent is kept until three more sends.
  void open(std::size_t wire) override { below_.open(wire); }
  void send(std::size_t wire, std::string_view bytes) override;
  void close(std::size_t wire) override;
  void turn(Clock::time_point until) override { below_.turn(until); }

  void opened(std::size_t wire) override;
  void received(std::size_t wire, std::string_view bytes) override;
  void ended(std::size_t wire, int error) override;

 private:
  static constexpr std::size_t kept = 4;
  struct Wire {
    SSL* ssl = nullptr;
    std::array<std::string, kept> sent;  // what the wire below may still send
    std::size_t sends = 0;
    bool shaken = false;
    bool offered = false;  // a session
  };

  static int keep_session(SSL* ssl, SSL_SESSION* session);
  void go_on(std::size_t wire);
  bool shake_hands(std::size_t wire);
  void flush(std::size_t wire);
  void fail(std::size_t wire);
  void release(std::size_t wire);

  Wires& below_;
  const TlsPlan plan_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::vector<Wire> wires_;
  SSL_SESSION* session_ = nullptr;
  WireUser* user_ = nullptr;
};

}  // namespace kirsch::load
