// The protocol behind testing::WebSocket, over whatever carries its bytes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kirsch/testing.h"
#include "testing/frame.h"

namespace kirsch::testing::detail {

// Where the bytes of a client go, and come from. Ends with a lost connection when it is destroyed before `end`.
class Link {
 public:
  virtual ~Link() = default;
  virtual void send(std::string_view bytes) = 0;
  // What has come since the last call; empty: nothing has. `patient`: waits for it where waiting helps.
  virtual std::string receive(bool patient) = 0;
  // For a client that wants to answer of itself, where that is possible; it is not called any more once this object
  // goes. Must not throw.
  virtual void when_received(std::function<void()>) {}
  virtual bool ended() const = 0;  // the server sends no more
  virtual void end() = 0;          // nor does the client
};

class WebSocketPeer {
 public:
  // Shakes hands. Throws std::runtime_error with the answer if the server does not.
  WebSocketPeer(std::unique_ptr<Link> link, std::string_view target, const Headers& headers);

  void send(Opcode opcode, std::string_view payload);
  std::string take(Opcode kind);
  bool empty();
  void close(int code, std::string_view reason);
  void disconnect();
  bool closed();
  int close_code();
  std::string close_reason();

 private:
  struct Message {
    Opcode kind;
    std::string payload;
  };

  bool read(bool patient);  // false: nothing has come
  bool complete() const { return messages_.size() > (gathering_ ? 1U : 0U); }
  void hear(Frame frame);
  void fail(const std::string& why);
  Link& link();

  std::unique_ptr<Link> link_;  // null: disconnected
  std::string received_;
  std::deque<Message> messages_;
  bool gathering_ = false;  // the last of them
  bool said_close_ = false;
  bool closed_ = false;
  int code_ = 0;
  std::string reason_;
};

}  // namespace kirsch::testing::detail
