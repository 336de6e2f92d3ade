// Rooms of WebSocket connections: whoever is in one hears what is published there. A service: the module `websocket`
// lets its applications use it (kirsch/websocket.h), any other module may publish, and providers keep it, within the
// process or between machines. YAML chooses one by name: `rooms: { local: {} }`.
//
// Delivery is at most once: who has joined before something is published, in the order of program or of threads that
// have met, hears it; who reads too slowly may miss it; and what one thread publishes in one room is heard in that
// order. A room begins with its first member and ends with its last.
// A provider between machines keeps that within the process, whatever becomes of the others. There, too, what one
// thread publishes in one room is heard once at most and in that order; but who has joined a room that has just begun
// in his process may miss what others publish until they know of it.
#pragma once

#include <kirsch/body.h>
#include <kirsch/service.h>

#include <atomic>

namespace kirsch {

// ---- The contract

enum class MessageKind : std::uint32_t { text = 1, binary = 2 };  // their opcodes

// A message, with the bytes that all who get it have in common. The frames are blobs of the host: who keeps one takes a
// reference.
struct SharedMessage {
  std::uint32_t size;  // of this struct
  std::uint32_t kind;  // a MessageKind
  kirsch_blob* frame;  // unmasked and whole (RFC 6455 5.2)
  std::size_t head;    // bytes of the frame in front of the payload
  // By window bits, 8 to 15: a frame of the payload as permessage-deflate without a context makes it (RFC 7692), set by
  // whoever wants it first; null: nobody has. By std::atomic_ref alone.
  kirsch_blob* deflated[8];
};

struct Rooms {
  static constexpr std::string_view id = "kirsch/rooms/1";
  std::uint32_t size;

  // [loop] of `lane`. From now on `deliver` is called on that loop for what is published in the room, never from inside
  // of join or leave. It must not throw or block, may use the message during the call alone, and may leave that seat
  // and seats of other rooms, but no other of that room. Returns the seat; null: the provider takes no such room.
  void* (*join)(void* self, std::uint32_t lane, kirsch_text room,
                void (*deliver)(void* member, const SharedMessage* message), void* member);
  // [loop] the same. The seat is gone.
  void (*leave)(void* self, void* seat);
  // [any] `lane`: the loop on whose thread it is called, UINT32_MAX: another thread. `except`: a seat of that room and
  // loop which is left out; null: none.
  void (*publish)(void* self, std::uint32_t lane, kirsch_text room, std::uint32_t kind, kirsch_text bytes,
                  void* except);
  // [any] How many are in the room, in this process.
  std::uint64_t (*members)(void* self, kirsch_text room);
};

// ---- For those who publish

// From any thread.
inline void publish(const Provider<Rooms>& rooms, std::string_view room, std::string_view bytes,
                    MessageKind kind = MessageKind::text) {
  rooms.table->publish(rooms.self, UINT32_MAX, text(room), static_cast<std::uint32_t>(kind), text(bytes), nullptr);
}

// ---- For those who make messages

namespace detail {

// The head of an unmasked, final frame; returns its size.
inline std::size_t frame_head(char (&head)[10], std::uint32_t first, std::size_t payload) {
  head[0] = static_cast<char>(0x80U | first);
  if (payload < 126) {
    head[1] = static_cast<char>(payload);
    return 2;
  }
  const unsigned digits = payload <= 0xFFFF ? 2 : 8;
  head[1] = digits == 2 ? 126 : 127;
  for (unsigned digit = 0; digit < digits; ++digit)
    head[2 + digit] = static_cast<char>(static_cast<std::uint64_t>(payload) >> (8 * (digits - 1 - digit)) & 0xFF);
  return 2 + digits;
}

inline kirsch_blob* retained(kirsch_blob* blob) {
  cached_feature<kirsch_blob_functions>(KIRSCH_FEATURE_BLOB).retain(blob);
  return blob;
}

}  // namespace detail

// A message that many get, made once. Copyable; any thread.
class PreparedMessage {
 public:
  PreparedMessage(MessageKind kind, std::string_view bytes) : shared_(std::make_shared<Owned>()) {
    char head[10];
    const kirsch_text pieces[] = {{head, detail::frame_head(head, static_cast<std::uint32_t>(kind), bytes.size())},
                                  text(bytes)};
    const Blob frame{std::span(pieces)};
    shared_->message = {.size = sizeof(SharedMessage),
                        .kind = static_cast<std::uint32_t>(kind),
                        .frame = detail::retained(frame.raw()),
                        .head = pieces[0].size,
                        .deflated = {}};
  }
  explicit PreparedMessage(std::string_view bytes) : PreparedMessage(MessageKind::text, bytes) {}
  const SharedMessage& raw() const { return shared_->message; }

 private:
  struct Owned {
    Owned() = default;
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
      const auto& blobs = detail::cached_feature<kirsch_blob_functions>(KIRSCH_FEATURE_BLOB);
      if (message.frame != nullptr) blobs.release(message.frame);
      for (auto* blob : message.deflated)
        if (blob != nullptr) blobs.release(blob);
    }
    SharedMessage message{};
  };
  std::shared_ptr<Owned> shared_;
};

}  // namespace kirsch
