// Upgraded connections: after a 101 answer the handler's object exchanges raw bytes with the client. The WebSocket
// module is built on this.
#pragma once

#include <kirsch/body.h>

namespace kirsch {

// The connection. Use it on its loop only (its own callbacks, timers and posts of its lane), until on_close has
// returned.
class Stream {
 public:
  explicit Stream(kirsch_stream* raw) : raw_(raw) {}
  // False: the queue is above its high mark (256 KiB); the bytes are queued all the same, wait for on_writable.
  template <class... Pieces>
  bool write(std::string_view first, const Pieces&... rest) {
    const kirsch_text pieces[] = {text(first), text(rest)...};
    return functions().write(raw_, pieces, 1 + sizeof...(rest)) != 0;
  }
  bool write(const Blob& blob) { return functions().write_blob(raw_, blob.raw()) != 0; }
  void close() { functions().close(raw_, 0); }  // after what is queued; on_close follows later
  void abort() { functions().close(raw_, 1); }
  void pause(bool on) { functions().pause(raw_, on ? 1 : 0); }       // no on_data meanwhile
  std::uint64_t queued() const { return functions().queued(raw_); }  // bytes that the kernel has not taken
  // on_writable, once, when fewer than that are queued; at the end of this turn if they are. 0: not for this any more.
  // What a write promised that returned false stays, though one call may be for both.
  void notify(std::uint64_t below) { functions().notify(raw_, below); }
  std::uint32_t lane() const { return functions().lane(raw_); }
  const kirsch_address& peer() const { return *functions().peer(raw_); }

 private:
  static const kirsch_stream_functions& functions() {
    return detail::cached_feature<kirsch_stream_functions>(KIRSCH_FEATURE_STREAM);
  }
  kirsch_stream* raw_;
};

// Answers 101 with the headers set so far and gives the connection to `object`, which has
//   std::size_t on_data(Stream&, char* bytes, std::size_t size)   returns how many were consumed; the rest comes again
//   with more
// and, if it likes, on_open(Stream&), on_writable(Stream&), on_close(bool clean), and on_drain(Stream&, kirsch_drain):
// it is to say goodbye and close, because a reload has changed its path or the process ends; after the time of
// server.drain the server does. None may throw (a throw aborts the connection). A request without Upgrade is answered
// 426, with the headers set so far.
template <class Type>
void upgrade(Exchange& exchange, std::unique_ptr<Type> object) {
  static constexpr auto contained = [](kirsch_stream* raw, auto call) {
    Stream stream(raw);
    try {
      call(stream);
    } catch (...) {
      detail::cached_feature<kirsch_stream_functions>(KIRSCH_FEATURE_STREAM).close(raw, 1);
    }
  };
  static constexpr bool drains = requires(Type & type, Stream & stream) { type.on_drain(stream, kirsch_drain{}); };
  static_assert(
      drains || !requires { &Type::on_drain; },
      "on_drain must be public and callable with (kirsch::Stream&, kirsch_drain)");
  static constexpr kirsch_stream_handler table{
      sizeof(kirsch_stream_handler),
      [](void* self, kirsch_stream* raw) {
        if constexpr (requires(Type & type, Stream & stream) { type.on_open(stream); }) {
          contained(raw, [self](Stream& stream) { static_cast<Type*>(self)->on_open(stream); });
        }
      },
      [](void* self, kirsch_stream* raw, char* bytes, std::size_t size) {
        std::size_t consumed = size;
        contained(raw, [&](Stream& stream) { consumed = static_cast<Type*>(self)->on_data(stream, bytes, size); });
        return consumed;
      },
      [](void* self, kirsch_stream* raw) {
        if constexpr (requires(Type & type, Stream & stream) { type.on_writable(stream); }) {
          contained(raw, [self](Stream& stream) { static_cast<Type*>(self)->on_writable(stream); });
        }
      },
      [](void* self, kirsch_stream*, std::uint8_t clean) {
        const std::unique_ptr<Type> owned(static_cast<Type*>(self));
        if constexpr (requires(Type & type) { type.on_close(true); }) {
          try {
            owned->on_close(clean != 0);
          } catch (...) {  // nobody is left to tell
          }
        }
      },
      [](void* self, kirsch_stream* raw, std::uint32_t reason) {
        if constexpr (drains) {
          contained(raw, [self, reason](Stream& stream) {
            static_cast<Type*>(self)->on_drain(stream, static_cast<kirsch_drain>(reason));
          });
        }
      }};
  if (exchange.raw()->functions->upgrade(exchange.raw(), &table, object.get()) == 0) {
    if (!exchange.request().headers().find("Upgrade")) throw HttpError(426, "this path is for an upgrade");
    throw std::invalid_argument(
        "the request does not ask for an upgrade, or it is not a handler that upgrades, once, before the head has "
        "left");
  }
  object.release();
}

}  // namespace kirsch
