// A WebSocket client that hides nothing: it sends the frames it is told to, and reads strictly. For tests alone.
#pragma once

#include "support/client.h"

namespace kirsch::test {

struct WebSocketFrame {
  unsigned opcode = 0;
  bool final = false;
  bool compressed = false;  // RSV1; the payload is as it came
  std::string payload;

  int code() const;  // of a close frame; 1005: it has none
};

struct WebSocketOptions {
  std::string path = "/";
  std::string fields = {};  // whole lines with their CRLF, beside those that a handshake needs
  int receive_buffer = 0;
};

class WebSocketClient {
 public:
  // Shakes hands; throws std::runtime_error if the server does not.
  explicit WebSocketClient(const Server& server, const WebSocketOptions& options = {});
  // The handshake as bytes.
  static std::string request(const WebSocketOptions& options);

  const Response& answer() const { return answer_; }
  Client& connection() { return client_; }

  // False: the server has closed.
  bool send(std::string_view text) { return send_frame(0x81, text); }
  bool send_frame(unsigned first,
                  std::string_view payload = {});  // masked; `first` is FIN, the reserved bits, the opcode
  bool send_close(int code, std::string_view reason = {});

  // The next frame. Throws std::runtime_error at the end of the stream, and for what no server may send.
  WebSocketFrame read(Milliseconds deadline = patience);
  // The payload of the next frame but pings, which are answered. It must be a whole text message.
  std::string read_text(Milliseconds deadline = patience);
  // Reads on up to a close frame, and returns its code.
  int read_to_close();
  // The whole close handshake; returns the code that the server has said.
  int close(int code = 1000);

 private:
  Client client_;
  Response answer_;
};

}  // namespace kirsch::test
