// A client that speaks TLS and says what it saw. Blocking, but no call longer than 20 s.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kirsch::test {

inline constexpr auto localhost_get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct TlsOptions {
  std::string server_name = {};            // SNI, and what the certificate must be for if `authority` is set
  std::filesystem::path authority = {};    // PEM; empty: any certificate will do
  std::filesystem::path certificate = {};  // of the client, PEM
  std::filesystem::path private_key = {};
  std::vector<std::string> applications = {};  // ALPN
  int version = 0;                             // TLS1_2_VERSION: that alone; 0: what OpenSSL likes
  std::string signature_algorithms = {};       // which kinds of certificates it takes
  SSL_SESSION* session = nullptr;              // to go on with
  std::function<void(SSL_CTX*)> tune = [](auto*) {};
};

class TlsClient {
 public:
  // Connects to 127.0.0.1 and shakes hands. Throws std::runtime_error with OpenSSL's words.
  explicit TlsClient(std::uint16_t port, const TlsOptions& options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // False: the connection is broken.
  bool send(std::string_view text);
  // At least one byte; empty: the peer ended with close_notify. Throws std::runtime_error without one.
  std::string read_some();
  std::string read_exactly(std::size_t size);  // or less, at the end
  std::string read_to_end();
  // One request, and its answer, which must have a Content-Length. Returns head and body.
  std::string ask(std::string_view request);

  void shutdown_write() { SSL_shutdown(ssl_.get()); }  // close_notify
  void end_tcp();                                      // FIN without it
  SSL* ssl() const { return ssl_.get(); }
  int descriptor() const { return descriptor_; }
  std::string peer_name() const;  // the common name of the server's certificate
  std::string key_kind() const;   // "EC", "RSA"
  SSL_SESSION* take_session();    // the caller's; the newest ticket that was received

 private:
  template <auto free>
  struct Freed {
    template <class Object>
    void operator()(Object* object) const {
      free(object);
    }
  };
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Freed<SSL_free>> ssl_;
  int descriptor_ = -1;
  std::string rest_;  // of what ask() has read too much
};

}  // namespace kirsch::test
