// WebSocket applications (RFC 6455): what happens on connections that the handler `websocket` has opened for them. It
// keeps the protocol; YAML names the application: `/chat: { handler: { websocket: { app: { chat: {} } } } }`.
//
//   struct Shout {
//     void on_message(kirsch::WebSocket& socket, const kirsch::WebSocketMessage& message) const {
//       socket.send(std::string(message.bytes) + "!");
//     }
//   };
//   KIRSCH_MODULE("shout", "1.0.0", kirsch::websocket_application<Shout>("shout"));
//
// An application is a class with `on_message` or `on_fragment`, and if it likes
//   Data on_handshake(kirsch::Exchange&, kirsch::WebSocketHandshake&)   before the connection is open: sees the
//     session, cookies, parameters and everything else of the request; may choose one of the client's subprotocols; may
//     throw HttpError to refuse. What it returns is the connection's own, `socket.data<Data>()`; it may be void.
//   void on_open(kirsch::WebSocket&)
//   void on_pong(kirsch::WebSocket&, std::string_view)    a pong with bytes: the answer to a `ping` of the application
//   void on_writable(kirsch::WebSocket&)                  all that had to wait has left: so much was queued that the
//     client had to be waited for
//   void on_close(kirsch::WebSocket&, const kirsch::WebSocketEnd&)   the last one, once for each on_open: it may
//   publish,
//     but what it sends goes nowhere
// `on_message` gets whole messages. `on_fragment` in its place gets a message in pieces as they arrive, which bounds
// memory for long ones; a compressed message is one piece.
//
// Threads   on_handshake: the loop of the connection, whatever the class. The others: that loop too, where they must
//           not block; with `websocket_application<Type, kirsch::Execution::blocking>` a worker, and no more is read
//           from the client meanwhile. Callbacks of one connection come one at a time and in order; those of different
//           ones come at one time on different threads.
// Errors    What a callback throws is logged, and the connection ends with 1011.
// Memory    What a callback is given is valid until it returns.
#pragma once

#include <kirsch/log.h>
#include <kirsch/tasks.h>
#include <kirsch/tool.h>
#include <kirsch/websocket_application.h>

#include <algorithm>
#include <memory>

namespace kirsch {

struct WebSocketMessage {
  MessageKind kind;
  std::string_view bytes;
  bool first, last;  // of on_fragment
  bool is_text() const { return kind == MessageKind::text; }
};

struct WebSocketEnd {
  std::uint16_t code;       // of the client's close frame; 1005: it had none; 1006: there was no such frame
  std::string_view reason;  // of that frame
  std::uint16_t sent;       // the code of ours; 0: there was none
};

class WebSocketHandshake {
 public:
  explicit WebSocketHandshake(WebSocketOffer& raw) : raw_(raw) {}
  // The first of those that the client offers; empty: none, then the connection has no subprotocol.
  std::string_view choose(std::initializer_list<std::string_view> protocols) {
    for (std::uint32_t index = 0; index < raw_.count; ++index) {
      const auto offered = view(raw_.protocols[index]);
      if (std::find(protocols.begin(), protocols.end(), offered) == protocols.end()) continue;
      raw_.chosen = raw_.protocols[index];
      return offered;
    }
    return {};
  }

 private:
  WebSocketOffer& raw_;
};

class WebSocket;

// Names a connection from any thread, also after its end: then nothing happens.
class WebSocketHandle {
 public:
  WebSocketHandle() = default;
  WebSocketHandle(std::shared_ptr<detail::OpenSockets> open, std::uint32_t lane, std::uint64_t place)
      : open_(std::move(open)), lane_(lane), place_(place) {}

  // Runs `call(WebSocket&)` on the connection's loop, later. It must not throw.
  template <class Call>
  void with(Call call) const;
  void send(std::string_view bytes, MessageKind kind = MessageKind::text) const { send(PreparedMessage(kind, bytes)); }
  void send(PreparedMessage message) const;
  void close(std::uint16_t code = 1000, std::string_view reason = {}) const;

 private:
  friend WebSocket;
  std::shared_ptr<detail::OpenSockets> open_;
  std::uint32_t lane_ = 0;
  std::uint64_t place_ = 0;
};

// A connection, in a callback or in WebSocketHandle::with.
class WebSocket {
 public:
  WebSocket(WebSocketLink& link, const std::shared_ptr<detail::OpenSockets>& open, bool on_loop)
      : link_(link), open_(open), on_loop_(on_loop) {}

  // Text must be UTF-8. False: it will not arrive, because the connection ends, or the client reads too slowly. From a
  // worker: true, nobody knows yet.
  bool send(std::string_view bytes, MessageKind kind = MessageKind::text) {
    if (!on_loop_) return handle().send(bytes, kind), true;
    return functions().send(&link_, static_cast<std::uint32_t>(kind), text(bytes)) != 0;
  }
  bool send(const PreparedMessage& message) {
    if (!on_loop_) return handle().send(message), true;
    return functions().send_shared(&link_, &message.raw()) != 0;
  }
  // Of 1 to 125 bytes, which come back to on_pong.
  void ping(std::string_view bytes) {
    run([bytes = std::string(bytes)](WebSocketLink& link) { link.functions->ping(&link, text(bytes)); });
  }
  void close(std::uint16_t code = 1000, std::string_view reason = {}) {
    run([code, reason = std::string(reason)](WebSocketLink& link) {
      link.functions->close(&link, code, text(reason));
    });
  }
  void join(std::string_view room, SlowReader slow = SlowReader::close) {
    run([slow, room = std::string(room)](WebSocketLink& link) {
      link.functions->join(&link, text(room), static_cast<std::uint32_t>(slow));
    });
  }
  void leave(std::string_view room) {
    run([room = std::string(room)](WebSocketLink& link) { link.functions->leave(&link, text(room)); });
  }
  // To all in the room; to this connection only if it is there and `to_itself`.
  void publish(std::string_view room, std::string_view bytes, MessageKind kind = MessageKind::text,
               bool to_itself = true) {
    if (on_loop_) return publish_now(link_, room, bytes, kind, to_itself);
    handle().with([room = std::string(room), bytes = std::string(bytes), kind, to_itself](WebSocket& socket) {
      publish_now(socket.link_, room, bytes, kind, to_itself);
    });
  }
  // On the loop alone: how many are in a room, and the bytes that this client's machine has not been sent yet.
  std::uint64_t members(std::string_view room) const { return here().members(&link_, text(room)); }
  std::uint64_t queued() const { return here().queued(&link_); }

  // What on_handshake has returned, and nothing else. In callbacks; with class blocking not inside of `with`.
  template <class Data>
  Data& data() {
    return *static_cast<Data*>(link_.data);
  }
  // Runs `call(WebSocket&)` on the loop after at least that time, if the connection is open then; kept so long in any
  // case. It must not throw.
  template <class Call>
  void after(std::chrono::milliseconds delay, Call call) {
    if (!on_loop_) return handle().with([delay, call](WebSocket& socket) { socket.after(delay, call); });
    kirsch::after(link_.lane, delay, [handle = handle(), call]() mutable {
      if (auto* link = handle.open_->find(handle.lane_, handle.place_)) {
        WebSocket socket(*link, handle.open_, true);
        call(socket);
      }
    });
  }
  WebSocketHandle handle() { return {open_, link_.lane, on_loop_ ? open_->place(link_) : link_.place}; }
  std::uint32_t lane() const { return link_.lane; }

 private:
  const WebSocketFunctions& functions() const { return *link_.functions; }
  const WebSocketFunctions& here() const {
    if (!on_loop_) throw std::logic_error("a worker cannot ask that of a WebSocket: use handle().with()");
    return functions();
  }
  template <class Call>
  void run(Call call) {
    if (on_loop_) return call(link_);
    handle().with([call](WebSocket& socket) { call(socket.link_); });
  }
  static void publish_now(WebSocketLink& link, std::string_view room, std::string_view bytes, MessageKind kind,
                          bool to_itself) {
    link.functions->publish(&link, text(room), static_cast<std::uint32_t>(kind), text(bytes), to_itself ? 1 : 0);
  }

  WebSocketLink& link_;
  const std::shared_ptr<detail::OpenSockets>& open_;
  const bool on_loop_;
};

template <class Call>
void WebSocketHandle::with(Call call) const {
  if (open_ == nullptr) return;
  post(lane_, [handle = *this, call = std::move(call)]() mutable {
    auto* link = handle.open_->find(handle.lane_, handle.place_);
    if (link == nullptr) return;
    WebSocket socket(*link, handle.open_, true);
    call(socket);
  });
}
inline void WebSocketHandle::send(PreparedMessage message) const {
  with([message = std::move(message)](WebSocket& socket) { socket.send(message); });
}
inline void WebSocketHandle::close(std::uint16_t code, std::string_view reason) const {
  with([code, reason = std::string(reason)](WebSocket& socket) { socket.close(code, reason); });
}

namespace detail {

template <class Type>
struct HostedApplication : Type {
  std::shared_ptr<OpenSockets> open = std::make_shared<OpenSockets>();
};

// For each callback: does `Type` name such a method, and can it be called.
#define KIRSCH_DETAIL_CALLBACK(name, words, arguments, ...)                                        \
  template <class Type>                                                                            \
  constexpr bool has_##name = [] {                                                                 \
    constexpr bool callable = requires(Type & type, __VA_ARGS__) { type.name arguments; };         \
    static_assert(                                                                                 \
        callable || !requires { &Type::name; }, #name " must be public and callable with " words); \
    return callable;                                                                               \
  }()
KIRSCH_DETAIL_CALLBACK(on_handshake, "(kirsch::Exchange&, kirsch::WebSocketHandshake&)", (a, b), Exchange& a,
                       WebSocketHandshake& b);
KIRSCH_DETAIL_CALLBACK(on_open, "(kirsch::WebSocket&)", (a), WebSocket& a);
KIRSCH_DETAIL_CALLBACK(on_message, "(kirsch::WebSocket&, const kirsch::WebSocketMessage&)", (a, b), WebSocket& a,
                       const WebSocketMessage& b);
KIRSCH_DETAIL_CALLBACK(on_fragment, "(kirsch::WebSocket&, const kirsch::WebSocketMessage&)", (a, b), WebSocket& a,
                       const WebSocketMessage& b);
KIRSCH_DETAIL_CALLBACK(on_pong, "(kirsch::WebSocket&, std::string_view)", (a, b), WebSocket& a, std::string_view b);
KIRSCH_DETAIL_CALLBACK(on_writable, "(kirsch::WebSocket&)", (a), WebSocket& a);
KIRSCH_DETAIL_CALLBACK(on_close, "(kirsch::WebSocket&, const kirsch::WebSocketEnd&)", (a, b), WebSocket& a,
                       const WebSocketEnd& b);
#undef KIRSCH_DETAIL_CALLBACK

template <class Type, Execution kind>
struct ApplicationTable {
  using Hosted = HostedApplication<Type>;
  static_assert(kind != Execution::async, "the callbacks of a WebSocket application are inline or blocking");
  static_assert(has_on_message<Type> != has_on_fragment<Type>,
                "a WebSocket application has either on_message or on_fragment, both (kirsch::WebSocket&, const "
                "kirsch::WebSocketMessage&)");

  static Hosted& at(void* self) { return *static_cast<Hosted*>(self); }

  template <class Call>
  static std::uint8_t contained(void* self, WebSocketLink* link, Call call) noexcept {
    try {
      WebSocket socket(*link, at(self).open, kind == Execution::inline_);
      call(at(self), socket);
      return 1;
    } catch (const std::exception& failure) {
      log(Level::error, "a WebSocket callback has failed: ", std::string_view(failure.what()));
    } catch (...) {
      log(Level::error, "a WebSocket callback has thrown what is no std::exception");
    }
    return 0;
  }

  static std::uint32_t handshake(void* self, kirsch_exchange* raw, WebSocketOffer* offer) {
    return guarded(raw, [&](Exchange& exchange) {
      WebSocketHandshake handshake(*offer);
      if constexpr (has_on_handshake<Type>) {
        using Data = decltype(at(self).on_handshake(exchange, handshake));
        if constexpr (std::is_void_v<Data>) {
          at(self).on_handshake(exchange, handshake);
        } else {
          offer->data = new Data(at(self).on_handshake(exchange, handshake));
        }
      }
    });
  }
  static void detach(void* self, WebSocketLink* link) {
    at(self).open->forget(*link);
    if constexpr (has_on_handshake<Type>) {
      using Data =
          decltype(std::declval<Type&>().on_handshake(std::declval<Exchange&>(), std::declval<WebSocketHandshake&>()));
      if constexpr (!std::is_void_v<Data>) delete static_cast<Data*>(link->data);
    }
  }
  static std::uint8_t open(void* self, WebSocketLink* link) {
    return contained(self, link, [](Type& type, WebSocket& socket) {
      if constexpr (has_on_open<Type>) type.on_open(socket);
    });
  }
  static std::uint8_t message(void* self, WebSocketLink* link, const WebSocketPiece* piece) {
    return contained(self, link, [&](Type& type, WebSocket& socket) {
      const WebSocketMessage message{static_cast<MessageKind>(piece->kind), view(piece->bytes), piece->first != 0,
                                     piece->last != 0};
      if constexpr (has_on_message<Type>) {
        type.on_message(socket, message);
      } else {
        type.on_fragment(socket, message);
      }
    });
  }
  static std::uint8_t pong(void* self, WebSocketLink* link, kirsch_text bytes) {
    return contained(self, link, [&](Type& type, WebSocket& socket) {
      if constexpr (has_on_pong<Type>) type.on_pong(socket, view(bytes));
    });
  }
  static std::uint8_t writable(void* self, WebSocketLink* link) {
    return contained(self, link, [](Type& type, WebSocket& socket) {
      if constexpr (has_on_writable<Type>) type.on_writable(socket);
    });
  }
  static void closed(void* self, WebSocketLink* link, const WebSocketGone* gone) {
    contained(self, link, [&](Type& type, WebSocket& socket) {
      const WebSocketEnd end{gone->code, view(gone->reason), gone->sent};
      if constexpr (has_on_close<Type>) type.on_close(socket, end);
    });
  }
  static void attach(void* self, WebSocketLink* link) { at(self).open->place(*link); }

  static constexpr std::uint32_t flags = (kind == Execution::blocking ? WebSocketApplication::blocking : 0) |
                                         (has_on_fragment<Type> ? WebSocketApplication::fragments : 0);
  // A worker cannot give a connection its place.
  static constexpr WebSocketApplication table{sizeof(WebSocketApplication),
                                              flags,
                                              handshake,
                                              kind == Execution::blocking ? attach : nullptr,
                                              detach,
                                              open,
                                              message,
                                              pong,
                                              has_on_writable<Type> ? writable : nullptr,
                                              closed};
};

}  // namespace detail

template <class Type, Execution kind>
struct WebSocketApplicationDefinition {
  std::string_view name;

  constexpr void write(detail::JsonWriter& json) const {
    ServiceDefinition<Type, WebSocketApplication>{name}.write(json);
  }
  static constexpr kirsch_provided provided() {
    kirsch_provided entry = detail::Instance<detail::HostedApplication<Type>>::provided();
    entry.service = &detail::ApplicationTable<Type, kind>::table;
    return entry;
  }
};

// An item of KIRSCH_MODULE: `Type` is an application that YAML calls `name`.
template <class Type, Execution kind = Execution::inline_>
consteval auto websocket_application(std::string_view name) {
  return WebSocketApplicationDefinition<Type, kind>{name};
}

}  // namespace kirsch
