// OpenSSL's state machine. Its queue of errors is the thread's and not the connection's, so it decides nothing.
#include "net/tls/openssl_session.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "net/tls/openssl_context.h"
#include "net/tls/server_names.h"

namespace kirsch::net::tls {

// The one BIO of a session, for both directions: no socket, no buffer of its own.
struct OpensslSession::Bio {
  static const BIO_METHOD* method() {
    static const BioMethodHandle made = [] {
      BioMethodHandle handle(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire"));
      BIO_meth_set_read_ex(handle.get(), read);
      BIO_meth_set_write_ex(handle.get(), write);
      BIO_meth_set_ctrl(handle.get(), control);
      return handle;
    }();
    return made.get();
  }

  static int read(BIO* bio, char* to, std::size_t room, std::size_t* got) {
    auto& input = static_cast<OpensslSession*>(BIO_get_data(bio))->wire_->input;
    BIO_clear_retry_flags(bio);
    *got = std::min(room, input.size());
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(to, input.data(), *got);
    input = input.subspan(*got);
    return 1;
  }

  // No exception may go through OpenSSL.
  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) noexcept try {
    auto& output = static_cast<OpensslSession*>(BIO_get_data(bio))->wire_->output;
    output.insert(output.end(), from, from + size);
    *taken = size;
    return 1;
  } catch (const std::bad_alloc&) {
    BIO_clear_retry_flags(bio);
    *taken = 0;
    return -1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

std::unique_ptr<Session> OpensslSession::make(std::shared_ptr<const OpensslContext> context) {
  auto session = std::make_unique<OpensslSession>(std::move(context));
  session->ssl_.reset(SSL_new(session->context_->first()));
  BIO* bio = session->ssl_ == nullptr ? nullptr : BIO_new(Bio::method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, session.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(session->ssl_.get(), bio, bio);  // takes it
  SSL_set_accept_state(session->ssl_.get());
  SSL_set_msg_callback_arg(session->ssl_.get(), session.get());
  return session;
}

// Of a call that did not succeed. SSL_get_error takes any error in the queue for one of this call, also what others
// have left there. Without them the state of the connection decides; if there was one of this call, it was the last.
Result OpensslSession::result_of(int code) noexcept {
  const char* const words = take_error();
  switch (SSL_get_error(ssl_.get(), code)) {
    case SSL_ERROR_WANT_READ:
      return broken_ ? Result::failed : Result::more;
    case SSL_ERROR_ZERO_RETURN:
      return Result::ended;
    default:
      broken_ = true;
      failure_ = words;
      return Result::failed;
  }
}

Result OpensslSession::handshake(Wire& wire) noexcept {
  wire_ = &wire;
  const int code = SSL_do_handshake(ssl_.get());
  if (code != 1) return result_of(code);
  complete_ = true;
  return Result::done;
}

Result OpensslSession::read(Wire& wire, std::span<char> plain, std::size_t& size) noexcept {
  wire_ = &wire;
  size = 0;
  while (size < plain.size()) {
    std::size_t got = 0;
    const int code = SSL_read_ex(ssl_.get(), plain.data() + size, plain.size() - size, &got);
    if (code != 1) return result_of(code);
    if (broken_) return Result::failed;
    size += got;
    // To ask for more would be answered the same way, behind a new buffer and many a question to this BIO.
    if (wire.input.empty() && SSL_has_pending(ssl_.get()) == 0) return Result::more;
  }
  return Result::done;
}

bool OpensslSession::write(Wire& wire, std::string_view plain) noexcept {
  wire_ = &wire;
  std::size_t taken = 0;
  if (!broken_ && SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken) == 1) return true;
  broken_ = true;
  return false;
}

void OpensslSession::close(Wire& wire) noexcept {
  wire_ = &wire;
  if (!broken_ && complete_) SSL_shutdown(ssl_.get());
  wire_ = nullptr;
}

// KeyUpdate (RFC 8446 4.6.3) and refused renegotiations cost this side work and the peer nearly nothing.
void OpensslSession::count_handshake_record() noexcept {
  constexpr std::uint16_t most_in_a_second = 100;
  const base::SteadyTime now = base::coarse_now();
  if (now - window_ > std::chrono::seconds(1)) {
    window_ = now;
    handshake_records_ = 0;
  }
  if (++handshake_records_ <= most_in_a_second) return;
  broken_ = true;
  wire_->input = {};  // ends the read that is under way
  failure_ = "too many KeyUpdate or renegotiation requests";
}

void OpensslSession::watch_records(int writing, int, int type, const void* bytes, std::size_t size, SSL*, void* self) {
  auto* session = static_cast<OpensslSession*>(self);
  const bool header = type == SSL3_RT_HEADER || type == SSL3_RT_INNER_CONTENT_TYPE;
  if (writing != 0 || !header || size == 0 || session == nullptr || !session->complete_) return;
  if (*static_cast<const unsigned char*>(bytes) == SSL3_RT_HANDSHAKE) session->count_handshake_record();
}

std::shared_ptr<const Facts> OpensslSession::facts() const {
  auto facts = std::make_shared<Facts>();
  SSL* ssl = ssl_.get();
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  facts->version = SSL_get_version(ssl);
  facts->cipher = SSL_CIPHER_standard_name(cipher);
  facts->cipher_bits = SSL_CIPHER_get_bits(cipher, nullptr);
  facts->resumed = SSL_session_reused(ssl) == 1;
  const unsigned char* application = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &application, &size);
  if (size != 0) facts->application = "http/1.1";  // nothing else is chosen
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
    facts->server_name = ServerNames::normal(name);
  X509* shown = SSL_get0_peer_certificate(ssl);
  if (shown == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return facts;
  facts->client = std::make_unique<const ClientFacts>(ClientFacts{
      name_text(X509_get_subject_name(shown)), name_text(X509_get_issuer_name(shown)), serial_text(shown),
      time_text(X509_get0_notBefore(shown)), time_text(X509_get0_notAfter(shown)), fingerprint(shown), pem_of(shown)});
  return facts;
}

}  // namespace kirsch::net::tls
