// RFC 6455, the client's side.
#include "testing/websocket_peer.h"

#include <utility>

#include "testing/message.h"

namespace kirsch::testing::detail {
namespace {

// Of section 1.3, with the answer to it.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr int no_code = 1005;

}  // namespace

WebSocketPeer::WebSocketPeer(std::unique_ptr<Link> link, std::string_view target, const Headers& headers)
    : link_(std::move(link)) {
  Request request{.target = std::string(target), .headers = headers};
  request.headers.insert(request.headers.end(), {{"Connection", "Upgrade"},
                                                 {"Upgrade", "websocket"},
                                                 {"Sec-WebSocket-Version", "13"},
                                                 {"Sec-WebSocket-Key", std::string(key)}});
  link_->send(request_text(request));
  Answer answer;
  do {
    const auto bytes = link_->receive(true);
    received_ += bytes;
    answer = read_answer(received_, link_->ended(), false);
    if (bytes.empty() && !answer.complete)
      throw Waiting("GET " + std::string(target) + " has not been answered: it waits for time or for another thread");
  } while (!answer.complete);
  if (answer.response.status != 101 || answer.response.header("Sec-WebSocket-Accept") != accept)
    throw std::runtime_error("no WebSocket at " + std::string(target) + ": " + received_);
  received_.erase(0, answer.size);
  link_->when_received([this] { read(false); });
  read(false);  // what came with the answer
}

Link& WebSocketPeer::link() {
  if (!link_) throw std::logic_error("the WebSocket was disconnected by the test");
  return *link_;
}

void WebSocketPeer::send(Opcode opcode, std::string_view payload) { link().send(masked(opcode, payload)); }

void WebSocketPeer::close(int code, std::string_view reason) {
  if (std::exchange(said_close_, true)) return;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  send(Opcode::close, payload.append(reason));
}

void WebSocketPeer::disconnect() { link_.reset(); }

bool WebSocketPeer::read(bool patient) {
  if (!link_ || closed_) return false;
  const auto bytes = link_->receive(patient);
  received_ += bytes;
  try {
    while (auto frame = take_frame(received_)) hear(std::move(*frame));
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
  if (!link_->ended() || closed_) return !bytes.empty();
  closed_ = true;
  link_->end();
  return true;
}

void WebSocketPeer::fail(const std::string& why) {
  closed_ = true;
  reason_ = why;
}

void WebSocketPeer::hear(Frame frame) {
  switch (frame.opcode) {
    case Opcode::ping:
      return send(Opcode::pong, frame.payload);
    case Opcode::pong:
      return;
    case Opcode::close:
      code_ = frame.payload.size() < 2
                  ? no_code
                  : static_cast<unsigned char>(frame.payload[0]) << 8 | static_cast<unsigned char>(frame.payload[1]);
      if (frame.payload.size() > 2) reason_ = frame.payload.substr(2);
      return close(code_ == no_code ? 1000 : code_, {});
    default:
      if (!gathering_) messages_.push_back({frame.opcode, {}});
      messages_.back().payload += frame.payload;
      gathering_ = !frame.final;
  }
}

bool WebSocketPeer::empty() {
  while (!complete() && read(false)) continue;
  return !complete();
}

std::string WebSocketPeer::take(Opcode kind) {
  while (!complete()) {
    if (closed_ || !link_)
      throw std::runtime_error("no message can come: the WebSocket is closed, with code " + std::to_string(code_) +
                               (reason_.empty() ? "" : ", " + reason_));
    if (!read(true)) throw Waiting("no message has come: it waits for time or for another thread");
  }
  auto message = std::move(messages_.front());
  messages_.pop_front();
  if (message.kind != kind)
    throw std::runtime_error((kind == Opcode::text ? "a binary message, not text: " : "text, not a binary message: ") +
                             message.payload);
  return std::move(message.payload);
}

bool WebSocketPeer::closed() {
  while (!closed_ && read(true)) continue;
  return closed_;
}

int WebSocketPeer::close_code() {
  closed();
  return code_;
}

std::string WebSocketPeer::close_reason() {
  closed();
  return reason_;
}

}  // namespace kirsch::testing::detail
