// Callbacks of an application that may block: one at a time on a worker, in order.
#pragma once

#include <kirsch/websocket_application.h>

#include <list>
#include <memory>
#include <optional>

namespace websocket {

class Connection;

// What a callback is called with, kept until its turn has come.
struct Turn {
  enum class Type : std::uint8_t { open, message, pong, writable, closed };
  Type type = Type::open;
  kirsch::WebSocketPiece piece{};  // its bytes, and those of a pong or the reason of a close, are `bytes`
  kirsch::WebSocketGone gone{};
  std::string bytes = {};
};

// True: it has done its work; false: the connection is to end with 1011. The turn's own thread.
bool call(const kirsch::Provider<kirsch::WebSocketApplication>& app, kirsch::WebSocketLink& link, const Turn& turn);

// All on the loop of the connection, which lives until its last turn is over.
class Turns {
 public:
  explicit Turns(Connection& connection) : connection_(connection) {}

  bool busy() const { return busy_; }
  void add(Turn turn);

 private:
  class OnWorker;
  class Sequel;
  void begin(std::shared_ptr<OnWorker> turn);
  void finished(bool well);
  void abandoned(std::optional<Turn> lost);

  Connection& connection_;
  std::list<Turn> waiting_;  // takes no memory while it is empty
  bool busy_ = false;
};

}  // namespace websocket
