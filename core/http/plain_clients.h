// What a client hears that speaks plain HTTP where TLS is spoken.
#pragma once

#include "http/limits.h"
#include "net/tls/layer.h"

namespace kirsch::http {

// 400 with one sentence that says the https address, if the request does. `limits` outlive it. The loop's thread.
class PlainClients final : public net::tls::PlainClients {
 public:
  explicit PlainClients(const Limits& limits) : limits_(limits) {}

  std::string answer(std::span<char> received, const kirsch_address& local) override;

 private:
  const Limits& limits_;
};

}  // namespace kirsch::http
