// An application for WebSocket: every message comes back.
#include <kirsch/module.h>
#include <kirsch/websocket.h>

namespace {

struct Echo {
  void on_message(kirsch::WebSocket& socket, const kirsch::WebSocketMessage& message) const {
    socket.send(message.bytes, message.kind);
  }
};

}  // namespace

KIRSCH_MODULE("websocket_echo", "1.0.0", kirsch::summary("A WebSocket application that sends every message back"),
              kirsch::websocket_application<Echo>("echo"));
