// The SSL_CTX objects of a listener: one per set of certificates that some name has.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "net/tls/openssl_handles.h"
#include "net/tls/openssl_material.h"
#include "net/tls/provider.h"
#include "net/tls/server_names.h"

namespace kirsch::net::tls {

class OpensslContext final : public Context, public std::enable_shared_from_this<OpensslContext> {
 public:
  // Problems that stay warnings leave it usable.
  OpensslContext(const Settings& settings, std::vector<LoadedMaterial> certificates, std::vector<Problem>& problems);
  OpensslContext(const OpensslContext&) = delete;
  OpensslContext& operator=(const OpensslContext&) = delete;

  std::unique_ptr<Session> accept() const override;
  const std::vector<Expiry>& expiries() const override { return expiries_; }
  SSL_CTX* first() const { return contexts_.front().get(); }

 private:
  friend struct OpensslCallbacks;
  using Set = std::vector<std::size_t>;  // of certificates, of different kinds of keys

  void set_names(std::vector<Problem>& problems);
  std::size_t context_of(const Set& set, std::vector<Problem>& problems);
  Set set_of(std::string_view name) const;
  ContextHandle make(const Set& set, std::vector<Problem>& problems);
  void set_rules(SSL_CTX* context) const;
  void set_session_rules(SSL_CTX* context) const;
  void set_client_rules(SSL_CTX* context, std::vector<Problem>& problems) const;

  const Settings settings_;
  const std::vector<LoadedMaterial> certificates_;
  std::vector<Expiry> expiries_;
  base::UniqueFd key_log_;
  std::vector<ContextHandle> contexts_;  // the first is for clients that name nothing known
  std::vector<Set> sets_;                // by context
  ServerNames names_;
};

}  // namespace kirsch::net::tls
