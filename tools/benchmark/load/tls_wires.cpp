// OpenSSL between two memories.
#include "load/tls_wires.h"

#include <openssl/err.h>

#include <cerrno>
#include <stdexcept>

namespace kirsch::load {

TlsWires::TlsWires(Wires& below, std::size_t count, const TlsPlan& plan)
    : below_(below), plan_(plan), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), wires_(count) {
  SSL_CTX* context = context_.get();
  if (context == nullptr) throw std::runtime_error("OpenSSL gives no context");
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_min_proto_version(context, plan.version);
  SSL_CTX_set_max_proto_version(context, plan.version);
  SSL_CTX_set1_groups_list(context, "X25519:P-256");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (!plan.resume) return;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
}

TlsWires::~TlsWires() {
  for (std::size_t wire = 0; wire < wires_.size(); ++wire) release(wire);
  SSL_SESSION_free(session_);
}

// A copy: OpenSSL takes a session for spent when its connection does not end as it likes. 0: its own stays its own.
int TlsWires::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsWires*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION_free(self->session_);
  self->session_ = SSL_SESSION_dup(session);
  return 0;
}

void TlsWires::opened(std::size_t wire) {
  Wire& opened = wires_[wire];
  opened.shaken = false;
  opened.ssl = SSL_new(context_.get());
  SSL_set_bio(opened.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(opened.ssl);
  SSL_set_tlsext_host_name(opened.ssl, "localhost");
  SSL_SESSION* copy = session_ == nullptr ? nullptr : SSL_SESSION_dup(session_);
  opened.offered = copy != nullptr && SSL_set_session(opened.ssl, copy) == 1;
  SSL_SESSION_free(copy);
  go_on(wire);
}

void TlsWires::received(std::size_t wire, std::string_view bytes) {
  BIO_write(SSL_get_rbio(wires_[wire].ssl), bytes.data(), static_cast<int>(bytes.size()));
  go_on(wire);
}

// The user may close the wire in any of its calls.
void TlsWires::go_on(std::size_t wire) {
  if (!wires_[wire].shaken && !shake_hands(wire)) return;
  std::array<char, 16384> plain;
  while (SSL* ssl = wires_[wire].ssl) {
    std::size_t size = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl, plain.data(), plain.size(), &size) == 1) {
      user_->received(wire, {plain.data(), size});
      continue;
    }
    const int error = SSL_get_error(ssl, 0);
    if (error == SSL_ERROR_WANT_READ) return flush(wire);
    return error == SSL_ERROR_ZERO_RETURN ? void() : fail(wire);  // the end of the wire below comes behind close_notify
  }
}

bool TlsWires::shake_hands(std::size_t wire) {
  SSL* ssl = wires_[wire].ssl;
  ERR_clear_error();
  const int code = SSL_do_handshake(ssl);
  flush(wire);
  if (code == 1 && (!wires_[wire].offered || SSL_session_reused(ssl) == 1)) {
    wires_[wire].shaken = true;
    user_->opened(wire);
    return true;
  }
  if (code == 1 || SSL_get_error(ssl, code) != SSL_ERROR_WANT_READ) fail(wire);
  return false;
}

void TlsWires::send(std::size_t wire, std::string_view bytes) {
  if (SSL_write(wires_[wire].ssl, bytes.data(), static_cast<int>(bytes.size())) > 0) flush(wire);
}

void TlsWires::flush(std::size_t wire) {
  Wire& flushed = wires_[wire];
  char* bytes = nullptr;
  BIO* out = SSL_get_wbio(flushed.ssl);
  const long size = BIO_get_mem_data(out, &bytes);
  if (size <= 0) return;
  std::string& sent = flushed.sent[flushed.sends++ % kept];
  sent.assign(bytes, static_cast<std::size_t>(size));
  BIO_reset(out);
  below_.send(wire, sent);
}

void TlsWires::fail(std::size_t wire) {
  close(wire);
  user_->ended(wire, EPROTO);
}

void TlsWires::close(std::size_t wire) {
  release(wire);
  below_.close(wire);
}

void TlsWires::ended(std::size_t wire, int error) {
  release(wire);
  user_->ended(wire, error);
}

// Else OpenSSL takes the session for broken, because its connection was not ended in order.
void TlsWires::release(std::size_t wire) {
  if (wires_[wire].ssl == nullptr) return;
  SSL_set_shutdown(wires_[wire].ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(wires_[wire].ssl);
  wires_[wire].ssl = nullptr;
}

}  // namespace kirsch::load
