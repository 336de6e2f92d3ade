// The contract between the handler `websocket`, which keeps the protocol, and its applications: a service. Authors of
// an application include kirsch/websocket.h, which stands on this.
//
// A callback returns 1, or 0: it has failed, and the connection is to end with 1011.
#pragma once

#include <kirsch/rooms.h>

namespace kirsch {

// What becomes of messages for a client that reads so slowly that too many wait for it.
enum class SlowReader : std::uint32_t {
  close = 0,        // the connection ends with 1013
  drop_oldest = 1,  // the oldest that waits and may go, goes
  conflate = 2,     // of a room: the newest one takes the place of the one before; else as drop_oldest
};

struct WebSocketLink;

// All [loop] of the connection, while it is open. None calls the application back.
struct WebSocketFunctions {
  std::uint32_t size;
  // 1: it is on its way. 0: the connection ends, or the message was dropped, because the client reads too slowly.
  std::uint8_t (*send)(WebSocketLink*, std::uint32_t kind, kirsch_text bytes);
  std::uint8_t (*send_shared)(WebSocketLink*, const SharedMessage*);
  void (*ping)(WebSocketLink*, kirsch_text bytes);  // of at most 125 bytes; a pong without any is not told of
  // Begins the close handshake; no message comes any more. A code that may not be sent (RFC 6455 7.4) becomes 1011, and
  // a reason ends after 123 bytes.
  void (*close)(WebSocketLink*, std::uint16_t code, kirsch_text reason);
  std::uint64_t (*queued)(WebSocketLink*);  // bytes that the kernel has not taken
  // 1: the connection is in the room, perhaps as before. `slow` is a SlowReader.
  std::uint8_t (*join)(WebSocketLink*, kirsch_text room, std::uint32_t slow);
  std::uint8_t (*leave)(WebSocketLink*, kirsch_text room);  // 0: it was not there
  void (*publish)(WebSocketLink*, kirsch_text room, std::uint32_t kind, kirsch_text bytes, std::uint8_t to_itself);
  std::uint64_t (*members)(WebSocketLink*, kirsch_text room);
};

// A connection.
struct WebSocketLink {
  const WebSocketFunctions* functions;
  void* data;           // the application's own, as its handshake set it
  std::uint64_t place;  // the same; 0 at first
  std::uint32_t lane;
};

struct WebSocketOffer {
  std::uint32_t size;
  std::uint32_t count;
  const kirsch_text* protocols;  // those of the client, in its order
  kirsch_text chosen;            // by the application: one of them; empty: none. Valid as long as the exchange
  void* data;
};

struct WebSocketPiece {
  std::uint32_t size;
  std::uint8_t kind;   // a MessageKind
  std::uint8_t first;  // 1: a message begins
  std::uint8_t last;   // 1: it ends
  kirsch_text bytes;   // of text: UTF-8, but a piece may end inside of a character
};

struct WebSocketGone {
  std::uint32_t size;
  std::uint16_t code;
  std::uint16_t sent;
  kirsch_text reason;
};

struct WebSocketApplication {
  static constexpr std::string_view id = "kirsch/websocket-application/1";
  static constexpr std::uint32_t blocking = 1, fragments = 2;
  std::uint32_t size;
  std::uint32_t flags;
  // [loop] As a handler's function; with KIRSCH_FLOW_NEXT the data is the connection's until `detach`.
  std::uint32_t (*handshake)(void* self, kirsch_exchange*, WebSocketOffer*);
  void (*attach)(void* self, WebSocketLink*);  // [loop] may be null: the connection is there, before `open`
  // [loop] The last one, also of a connection that never opened: frees the data.
  void (*detach)(void* self, WebSocketLink*);
  // [loop], or a worker where `blocking` is set: there nothing but the data, the place and the lane may be touched.
  std::uint8_t (*open)(void* self, WebSocketLink*);
  std::uint8_t (*message)(void* self, WebSocketLink*, const WebSocketPiece*);
  std::uint8_t (*pong)(void* self, WebSocketLink*, kirsch_text bytes);
  std::uint8_t (*writable)(void* self, WebSocketLink*);  // may be null
  void (*closed)(void* self, WebSocketLink*, const WebSocketGone*);
};

namespace detail {

// The connections of an application that are spoken of beyond their callbacks, by loop.
class OpenSockets {
 public:
  // [loop]
  std::uint64_t place(WebSocketLink& link) {
    if (link.place != 0) return link.place;
    auto& [places, free] = lanes_[link.lane];
    if (free.empty()) {
      free.push_back(static_cast<std::uint32_t>(places.size()));
      places.emplace_back();
    }
    const auto index = free.back();
    free.pop_back();
    places[index].link = &link;
    return link.place = static_cast<std::uint64_t>(++places[index].generation) << 32 | index;
  }
  void forget(WebSocketLink& link) {
    if (link.place == 0) return;
    auto& [places, free] = lanes_[link.lane];
    const auto index = static_cast<std::uint32_t>(link.place);
    places[index].link = nullptr;
    free.push_back(index);
  }
  WebSocketLink* find(std::uint32_t lane, std::uint64_t place) const {
    const auto& found = lanes_[lane].places[static_cast<std::uint32_t>(place)];
    return found.generation == place >> 32 ? found.link : nullptr;
  }

 private:
  struct Place {
    WebSocketLink* link = nullptr;
    std::uint32_t generation = 0;
  };
  struct Lane {
    std::vector<Place> places;
    std::vector<std::uint32_t> free;
  };
  PerLane<Lane> lanes_;
};

}  // namespace detail

}  // namespace kirsch
