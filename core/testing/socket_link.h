// A client's connection over a real socket, for tests of a whole system.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include "testing/websocket_peer.h"

namespace kirsch::testing::detail {

class SocketLink final : public Link {
 public:
  // "127.0.0.1:8080". Throws std::runtime_error.
  explicit SocketLink(std::string_view server);

  void send(std::string_view bytes) override;
  std::string receive(bool patient) override;  // for ten seconds
  bool ended() const override { return ended_; }
  void end() override { socket_.shutdownSend(); }

 private:
  Poco::Net::StreamSocket socket_;
  bool ended_ = false;
};

}  // namespace kirsch::testing::detail
