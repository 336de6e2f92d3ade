// RFC 6455 as far as a client in a test needs it.
#include "support/websocket_client.h"

namespace kirsch::test {

int WebSocketFrame::code() const {
  if (payload.empty()) return 1005;
  if (payload.size() == 1) throw std::runtime_error("a close frame of one byte");
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

std::string WebSocketClient::request(const WebSocketOptions& options) {
  return "GET " + options.path +
         " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         options.fields + "\r\n";
}

WebSocketClient::WebSocketClient(const Server& server, const WebSocketOptions& options)
    : client_(server, ClientOptions{.receive_buffer = options.receive_buffer}) {
  client_.send(request(options));
  answer_ = client_.read();
  if (answer_.status != 101 || answer_.field("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    throw std::runtime_error("no WebSocket: " + answer_.raw);
}

bool WebSocketClient::send_frame(unsigned first, std::string_view payload) {
  constexpr std::string_view mask = "\x9A\x01\xC3\x57";
  std::string frame{static_cast<char>(first)};
  const auto size = payload.size();
  const unsigned digits = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  frame += static_cast<char>(0x80 | (digits == 0 ? size : digits == 2 ? 126 : 127));
  for (unsigned digit = digits; digit-- != 0;) frame += static_cast<char>(size >> (8 * digit) & 0xFF);
  frame += mask;
  const auto head = frame.size();
  frame += payload;
  for (std::size_t at = head; at < frame.size(); ++at) frame[at] = static_cast<char>(frame[at] ^ mask[(at - head) & 3]);
  return client_.send(frame);
}

bool WebSocketClient::send_close(int code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return send_frame(0x88, payload.append(reason));
}

WebSocketFrame WebSocketClient::read(Milliseconds deadline) {
  const auto head = client_.read_exactly(2, deadline);
  if (head.size() != 2) throw std::runtime_error("the connection has ended");
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  if ((first & 0x30U) != 0 || (second & 0x80U) != 0) throw std::runtime_error("a frame that no server may send");
  std::uint64_t size = second;
  if (size >= 126) {
    const auto digits = client_.read_exactly(size == 126 ? 2 : 8, deadline);
    size = 0;
    for (const char digit : digits) size = size << 8 | static_cast<unsigned char>(digit);
  }
  WebSocketFrame frame{first & 0x0FU, (first & 0x80U) != 0, (first & 0x40U) != 0, {}};
  if (size != 0) frame.payload = client_.read_exactly(static_cast<std::size_t>(size), deadline);
  if (frame.payload.size() != size) throw std::runtime_error("the connection has ended inside of a frame");
  return frame;
}

std::string WebSocketClient::read_text(Milliseconds deadline) {
  auto frame = read(deadline);
  for (; frame.opcode == 9; frame = read(deadline)) send_frame(0x8A, frame.payload);
  if (frame.opcode != 1 || !frame.final || frame.compressed)
    throw std::runtime_error("not a text message, but opcode " + std::to_string(frame.opcode) + ": " + frame.payload);
  return std::move(frame.payload);
}

int WebSocketClient::read_to_close() {
  for (;;) {
    if (const auto frame = read(); frame.opcode == 8) return frame.code();
  }
}

int WebSocketClient::close(int code) {
  send_close(code);
  const int said = read_to_close();
  if (!client_.closed_by_peer()) throw std::runtime_error("the server leaves the connection open");
  return said;
}

}  // namespace kirsch::test
