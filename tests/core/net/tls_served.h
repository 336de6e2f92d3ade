// A loop that serves TLS on a port of its own, with a certificate made for the test.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "loopback.h"
#include "net/tls/issue.h"
#include "net/tls/layer.h"
#include "net/tls/provider.h"
#include "net/tls/ticket_keys.h"
#include "support/folder.h"
#include "support/tls_client.h"

namespace kirsch::net::test {

inline tls::Settings tls_settings(const tls::Issued& issued) {
  tls::Settings settings;
  settings.id = "test";
  settings.certificates = {{issued.certificate, issued.private_key, {}, {}, {}}};
  settings.tickets = std::make_shared<tls::TicketKeys>(std::chrono::hours(12));
  return settings;
}

inline tls::Issued localhost_certificate() {
  tls::Order order;
  order.names = {"localhost"};
  return tls::self_signed(order);
}

inline std::shared_ptr<const tls::Context> tls_context(const tls::Settings& settings) {
  std::vector<tls::Problem> problems;
  auto context = tls::find_provider("openssl")->context(settings, problems);
  for (const auto& problem : problems) ADD_FAILURE() << problem.message;
  return context;
}

struct Sentence final : tls::PlainClients {
  std::string answer(std::span<char> received, const kirsch_address&) override {
    return std::string_view(received.data(), received.size()).find('\n') == std::string_view::npos ? "" : "speak TLS\n";
  }
};

// `start` gets each connection after its handshake.
class TlsServed {
 public:
  explicit TlsServed(std::function<void(Connection&)> start, const tls::Settings& settings,
                     const tls::Layer::Settings& rules = {})
      : acceptor_(std::move(start)) {
    contexts.set(tls_context(settings));
    running.call([&] { layer_ = std::make_unique<tls::Layer>(running.loop()); });
    port_ = serve(running, layer_->entrance(contexts, acceptor_, sentence_, rules)).port();
  }
  explicit TlsServed(std::function<void(Connection&)> start, const tls::Layer::Settings& rules = {})
      : TlsServed(std::move(start), tls_settings(localhost_certificate()), rules) {}
  ~TlsServed() {
    running.end();
    layer_.reset();
  }

  std::uint16_t port() const { return port_; }
  tls::Layer& layer() { return *layer_; }

  RunningLoop running;
  tls::Contexts contexts;

 private:
  ConnectionAcceptor acceptor_;
  Sentence sentence_;
  std::unique_ptr<tls::Layer> layer_;
  std::uint16_t port_ = 0;
};

}  // namespace kirsch::net::test
