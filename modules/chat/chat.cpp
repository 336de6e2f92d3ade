// A chat: rooms, names, who is there, and what was said before one came.
#include <kirsch/module.h>
#include <kirsch/session.h>
#include <kirsch/websocket.h>

#include <mutex>

#include "json.h"
#include "parlour.h"

namespace {

using kirsch::WebSocket;

struct Chat {
  std::uint32_t history = 0;
  std::uint32_t max_rooms = 0;
  kirsch::Size max_text;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Chat::history>("history", "50", "messages that newcomers see").range(0, 10'000),
      kirsch::opt<&Chat::max_rooms>("max_rooms", "1000", "rooms at one time").range(1, 1'000'000),
      kirsch::opt<&Chat::max_text>("max_text", "4KiB", "a longer message is refused").range(1, 1 << 20));

  struct Guest {
    std::string room;
    std::string name;
    bool present = false;
  };

  // `/chat?room=garden&name=Ann`; who is logged in has that name.
  Guest on_handshake(kirsch::Exchange& exchange, kirsch::WebSocketHandshake& handshake) {
    handshake.choose({"chat"});
    const auto query = exchange.request().query();
    std::string name(query.get("name", "guest"));
    if (const auto session = kirsch::find_session(exchange)) name = session->user().value_or(name);
    const auto room = query.get("room", "lobby");
    if (!chat::is_name(name) || !chat::is_name(room))
      throw kirsch::HttpError(400, "Names of guests and rooms are 1 to 64 bytes of UTF-8.");
    return {std::string(room), std::move(name)};
  }

  void on_open(WebSocket& socket) {
    auto& guest = socket.data<Guest>();
    const std::lock_guard guard(mutex_);
    auto* const parlour = find_or_make(guest.room);
    if (parlour == nullptr) return socket.close(1013, "there are too many rooms");
    guest.name = parlour->enter(guest.name);
    guest.present = true;
    socket.send(R"({"type":"welcome","name":)" + chat::quoted(guest.name) + "}");
    socket.send(parlour->history());
    socket.join(guest.room, kirsch::SlowReader::drop_oldest);
    socket.publish(guest.room, parlour->present());
  }

  void on_message(WebSocket& socket, const kirsch::WebSocketMessage& message) {
    if (!message.is_text()) return socket.close(1003, "this is a chat of texts");
    if (message.bytes.size() > max_text.bytes) {
      socket.send(R"({"type":"refused","reason":"too long"})");
      return;
    }
    const auto& guest = socket.data<Guest>();
    const std::lock_guard guard(mutex_);
    if (const auto found = parlours_.find(guest.room); found != parlours_.end())
      socket.publish(guest.room, found->second.say(guest.name, message.bytes, history));
  }

  void on_close(WebSocket& socket, const kirsch::WebSocketEnd&) {
    const auto& guest = socket.data<Guest>();
    const std::lock_guard guard(mutex_);
    const auto found = parlours_.find(guest.room);
    if (!guest.present || found == parlours_.end()) return;
    found->second.leave(guest.name);
    socket.publish(guest.room, found->second.present());
  }

 private:
  // Null: there are too many, and somebody is in each of them. Empty ones are kept for what was said there.
  chat::Parlour* find_or_make(const std::string& room) {
    if (const auto found = parlours_.find(room); found != parlours_.end()) return &found->second;
    if (parlours_.size() >= max_rooms) std::erase_if(parlours_, [](const auto& entry) { return entry.second.empty(); });
    return parlours_.size() >= max_rooms ? nullptr : &parlours_[room];
  }

  std::mutex mutex_;  // held while something is published: all hear it in one order
  std::map<std::string, chat::Parlour> parlours_;
};

}  // namespace

KIRSCH_MODULE("chat", "1.0.0", kirsch::summary("A chat with rooms, names, presence and history"),
              kirsch::websocket_application<Chat>("chat"));
