// Views into the facts that the exchange holds.
#include "pipeline/tls_facts.h"

#include <new>

#include "net/tls/facts.h"
#include "pipeline/contract_text.h"
#include "pipeline/exchange.h"

namespace kirsch::pipeline {
namespace {

const kirsch_tls* facts_of(kirsch_exchange* raw) {
  auto& exchange = *static_cast<Exchange*>(raw);
  const net::tls::Facts* facts = exchange.tls();
  if (facts == nullptr) return nullptr;
  auto* out = new (exchange.arena().array<kirsch_tls>(1)) kirsch_tls{};
  out->size = sizeof(kirsch_tls);
  out->cipher_bits = static_cast<std::uint16_t>(facts->cipher_bits);
  out->resumed = facts->resumed ? 1 : 0;
  out->version = text(facts->version);
  out->cipher = text(facts->cipher);
  out->server_name = text(facts->server_name);
  out->application = text(facts->application);
  if (facts->client == nullptr) return out;
  const net::tls::ClientFacts& client = *facts->client;
  out->client_verified = 1;
  out->client_subject = text(client.subject);
  out->client_issuer = text(client.issuer);
  out->client_serial = text(client.serial);
  out->client_not_before = text(client.not_before);
  out->client_not_after = text(client.not_after);
  out->client_fingerprint = text(client.fingerprint);
  out->client_certificate = text(client.pem);
  return out;
}

}  // namespace

const kirsch_tls_functions tls_functions{sizeof(kirsch_tls_functions), facts_of};

}  // namespace kirsch::pipeline
