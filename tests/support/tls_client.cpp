// OpenSSL's own client over a socket.
#include "support/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "support/uninterrupted.h"

namespace kirsch::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw std::runtime_error(what + (reason != nullptr ? std::string(": ") + reason : ""));
}

void set(SSL_CTX* context, const TlsOptions& options) {
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context, options.version);
    SSL_CTX_set_max_proto_version(context, options.version);
  }
  if (!options.authority.empty()) {
    if (SSL_CTX_load_verify_locations(context, options.authority.c_str(), nullptr) != 1) fail("no authority");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.empty()) {
    if (SSL_CTX_use_certificate_file(context, options.certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, options.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
      fail("no certificate of the client");
  }
  if (!options.signature_algorithms.empty()) SSL_CTX_set1_sigalgs_list(context, options.signature_algorithms.c_str());
  std::string applications;
  for (const auto& one : options.applications) applications += static_cast<char>(one.size()) + one;
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(applications.data()),
                          static_cast<unsigned>(applications.size()));
  options.tune(context);
}

// OpenSSL writes without MSG_NOSIGNAL.
void block_sigpipe() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int connected(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto connect = [&] { return ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)); };
  if (uninterrupted(connect) != 0) {
    ::close(descriptor);
    throw std::runtime_error("nobody listens");
  }
  return descriptor;
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const TlsOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())), descriptor_(connected(port)) {
  block_sigpipe();
  ERR_clear_error();
  set(context_.get(), options);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), descriptor_);
  if (!options.server_name.empty()) {
    SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    SSL_set1_host(ssl_.get(), options.server_name.c_str());
  }
  if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
  if (uninterrupted([&] { return SSL_connect(ssl_.get()); }) == 1) return;
  ::close(descriptor_);
  fail("no handshake");
}

TlsClient::~TlsClient() { ::close(descriptor_); }

bool TlsClient::send(std::string_view text) {
  while (!text.empty()) {
    std::size_t taken = 0;
    if (uninterrupted([&] { return SSL_write_ex(ssl_.get(), text.data(), text.size(), &taken); }) != 1) return false;
    text.remove_prefix(taken);
  }
  return true;
}

std::string TlsClient::read_some() {
  if (!rest_.empty()) return std::exchange(rest_, {});
  std::string text(65536, '\0');
  std::size_t size = 0;
  ERR_clear_error();
  const int code = uninterrupted([&] { return SSL_read_ex(ssl_.get(), text.data(), text.size(), &size); });
  const int error = SSL_get_error(ssl_.get(), code);
  if (code != 1 && error != SSL_ERROR_ZERO_RETURN) fail("the connection broke");
  text.resize(code == 1 ? size : 0);
  return text;
}

std::string TlsClient::read_exactly(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const auto more = read_some();
    if (more.empty()) return text;
    text += more;
  }
  rest_ = text.substr(size);
  text.resize(size);
  return text;
}

std::string TlsClient::read_to_end() {
  std::string text;
  for (auto more = read_some(); !more.empty(); more = read_some()) text += more;
  return text;
}

std::string TlsClient::ask(std::string_view request) {
  constexpr std::string_view field = "Content-Length: ";
  if (!send(request)) fail("the request was not taken");
  std::string text;
  std::size_t end = text.npos;
  while ((end = text.find("\r\n\r\n")) == text.npos) {
    const auto more = read_some();
    if (more.empty()) throw std::runtime_error("the connection ended inside of a head: " + text);
    text += more;
  }
  const auto at = text.find(field);
  const std::size_t whole = end + 4 + (at < end ? std::stoul(text.substr(at + field.size())) : 0);
  rest_ = text.size() > whole ? text.substr(whole) : "";
  text.resize(std::min(text.size(), whole));
  return text + read_exactly(whole - text.size());
}

void TlsClient::end_tcp() { ::shutdown(descriptor_, SHUT_WR); }

std::string TlsClient::peer_name() const {
  char name[256] = "";
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof(name));
  return name;
}

std::string TlsClient::key_kind() const {
  return EVP_PKEY_get0_type_name(X509_get0_pubkey(SSL_get0_peer_certificate(ssl_.get())));
}

SSL_SESSION* TlsClient::take_session() { return SSL_get1_session(ssl_.get()); }

}  // namespace kirsch::test
