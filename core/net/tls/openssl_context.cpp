// Rules as Mozilla's server side TLS has them, without its three DHE suites: no client needs those, and they let a
// client spend the server's time.
#include "net/tls/openssl_context.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "net/tls/openssl_callbacks.h"
#include "net/tls/openssl_session.h"
#include "net/tls/ticket_keys.h"

namespace kirsch::net::tls {
namespace {

constexpr const char* suites_of_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* suites_of_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// Not OpenSSL's own list: with X448 first a handshake costs three times as much.
constexpr const char* groups = "X25519:P-256:P-384";

// An errno, or 0. A rehearsal opens nothing that is not there, and finds whether it could be made.
int open_key_log(const Settings& settings, base::UniqueFd& file) {
  const int making = settings.rehearsal ? 0 : O_CREAT;
  file.reset(
      ::open(settings.key_log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | making, 0600));
  if (file) return 0;
  const int error = errno;
  if (!settings.rehearsal || error != ENOENT) return error;
  const auto folder = std::filesystem::path(settings.key_log).parent_path();
  return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int kind_of(const LoadedMaterial& one) { return EVP_PKEY_get_base_id(one.key.get()); }

bool covers(const LoadedMaterial& one, std::string_view name) {
  ServerNames names;
  for (const auto& own : one.names) names.add(own, 0);
  if (name.starts_with('*'))
    return std::ranges::any_of(one.names, [&](const auto& own) { return ServerNames::normal(own) == name; });
  return names.find(name).has_value();
}

// Also of the authorities and the policy: what was proven to another authority proves nothing here.
std::array<unsigned char, 32> session_id_context(const Settings& settings) {
  const std::string all =
      settings.id + '\0' + std::to_string(static_cast<int>(settings.clients)) + '\0' + settings.client_authorities;
  std::array<unsigned char, 32> digest{};
  EVP_Digest(all.data(), all.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

}  // namespace

OpensslContext::OpensslContext(const Settings& settings, std::vector<LoadedMaterial> certificates,
                               std::vector<Problem>& problems)
    : settings_(settings), certificates_(std::move(certificates)) {
  for (const LoadedMaterial& one : certificates_)
    expiries_.push_back(
        {name_text(X509_get_subject_name(one.certificate.get())), time_of(X509_get0_notAfter(one.certificate.get()))});
  if (!settings_.key_log.empty()) {
    if (const int error = open_key_log(settings_, key_log_))
      problems.push_back({base::Severity::error, Problem::Part::key_log, 0,
                          "the key log cannot be written: " + std::generic_category().message(error)});
  }
  set_names(problems);
}

// Of each kind of key the first certificate that has the name.
OpensslContext::Set OpensslContext::set_of(std::string_view name) const {
  Set set;
  for (std::size_t index = 0; index < certificates_.size(); ++index) {
    const bool known = std::ranges::any_of(
        set, [&](std::size_t other) { return kind_of(certificates_[other]) == kind_of(certificates_[index]); });
    if (!known && covers(certificates_[index], name)) set.push_back(index);
  }
  return set;
}

void OpensslContext::set_names(std::vector<Problem>& problems) {
  std::vector<bool> used(certificates_.size(), false);
  // Names of the first certificate share its context with a twin of another kind, if it has one.
  const auto& first = certificates_.front().names;
  Set start = first.empty() ? Set{} : set_of(ServerNames::normal(first.front()));
  if (std::ranges::find(start, 0U) == start.end()) start = {0};
  context_of(start, problems);
  for (const std::size_t index : start) used[index] = true;
  for (const LoadedMaterial& one : certificates_) {
    for (const auto& own : one.names) {
      const std::string name = ServerNames::normal(own);
      const Set set = set_of(name);
      names_.add(name, context_of(set, problems));
      for (const std::size_t index : set) used[index] = true;
    }
  }
  for (std::size_t index = 0; index < used.size(); ++index)
    if (!used[index])
      problems.push_back({base::Severity::warning, Problem::Part::certificate, index,
                          "this certificate is never used: one before it has its names and its kind of key"});
}

std::size_t OpensslContext::context_of(const Set& set, std::vector<Problem>& problems) {
  if (const auto known = std::ranges::find(sets_, set); known != sets_.end())
    return static_cast<std::size_t>(known - sets_.begin());
  contexts_.push_back(make(set, problems));
  sets_.push_back(set);
  return sets_.size() - 1;
}

ContextHandle OpensslContext::make(const Set& set, std::vector<Problem>& problems) {
  ContextHandle handle(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = handle.get();
  set_rules(context);
  set_session_rules(context);
  set_client_rules(context, problems);
  for (const std::size_t index : set) {
    const LoadedMaterial& one = certificates_[index];
    ERR_clear_error();
    bool taken = SSL_CTX_use_certificate(context, one.certificate.get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, one.key.get()) == 1;
    // To the certificate that was set last.
    for (const auto& issuer : one.chain) taken = taken && SSL_CTX_add1_chain_cert(context, issuer.get()) == 1;
    if (!taken)
      problems.push_back({base::Severity::error, Problem::Part::certificate, index,
                          std::string("OpenSSL does not take the certificate: ") + take_error()});
  }
  return handle;
}

void OpensslContext::set_rules(SSL_CTX* context) const {
  SSL_CTX_set_app_data(context, const_cast<OpensslContext*>(this));
  SSL_CTX_set_min_proto_version(context, settings_.profile == Profile::modern ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_cipher_list(context, suites_of_1_2);
  SSL_CTX_set_ciphersuites(context, suites_of_1_3);
  SSL_CTX_set1_groups_list(context, groups);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_SINGLE_ECDH_USE);
  SSL_CTX_clear_options(context, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION | SSL_OP_LEGACY_SERVER_CONNECT);
  // Without buffers an idle connection needs a third of the memory.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record is one read, not two
  SSL_CTX_set_tlsext_servername_callback(context, OpensslCallbacks::choose_certificate);
  SSL_CTX_set_alpn_select_cb(context, OpensslCallbacks::choose_application, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, OpensslCallbacks::staple);
  SSL_CTX_set_msg_callback(context, OpensslSession::watch_records);
  if (key_log_) SSL_CTX_set_keylog_callback(context, OpensslCallbacks::log_key);
}

void OpensslContext::set_session_rules(SSL_CTX* context) const {
  const auto id = session_id_context(settings_);
  SSL_CTX_set_session_id_context(context, id.data(), static_cast<unsigned>(id.size()));
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets keep no memory here
  SSL_CTX_set_max_early_data(context, 0);
  if (settings_.tickets == nullptr) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, static_cast<long>(settings_.tickets->rotation().count()));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, OpensslCallbacks::ticket_key);
}

void OpensslContext::set_client_rules(SSL_CTX* context, std::vector<Problem>& problems) const {
  if (settings_.clients == ClientCertificates::off) return;
  const int must = settings_.clients == ClientCertificates::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
  const auto authorities = read_certificates(settings_.client_authorities);
  if (authorities.empty())
    problems.push_back({base::Severity::error, Problem::Part::client_authorities, 0,
                        "this holds no certificates (PEM), or broken ones"});
  for (const auto& one : authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get());
    SSL_CTX_add_client_CA(context, one.get());
  }
}

std::unique_ptr<Session> OpensslContext::accept() const { return OpensslSession::make(shared_from_this()); }

}  // namespace kirsch::net::tls
