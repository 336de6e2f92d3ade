// What leaves: frames as they are made while the client reads, and a backlog of blobs while it does not.
#include "connection.h"

namespace websocket {
namespace {

// So much is given to the stream, which cannot take it back; what waits beyond may still be dropped or replaced.
constexpr std::uint64_t most_in_stream = 64 * 1024;
constexpr std::uint64_t low_in_stream = 16 * 1024;
constexpr std::uint32_t rsv1 = 0x40;

Connection& at(kirsch::WebSocketLink* link) { return Connection::of(link); }

kirsch::Blob frame_of(std::uint32_t first, std::string_view payload) {
  char head[10];
  const kirsch_text pieces[] = {{head, kirsch::detail::frame_head(head, first, payload.size())}, kirsch::text(payload)};
  return kirsch::Blob(std::span(pieces));
}

}  // namespace

const kirsch::WebSocketFunctions Connection::functions_of_links{
    .size = sizeof(kirsch::WebSocketFunctions),
    .send = [](kirsch::WebSocketLink* link, std::uint32_t kind, kirsch_text bytes) -> std::uint8_t {
      return at(link).send(kind, kirsch::view(bytes)) ? 1 : 0;
    },
    .send_shared = [](kirsch::WebSocketLink* link, const kirsch::SharedMessage* message) -> std::uint8_t {
      return at(link).send_shared(*message, nullptr) ? 1 : 0;
    },
    .ping =
        [](kirsch::WebSocketLink* link, kirsch_text bytes) {
          auto& self = at(link);
          if (self.phase_ == Phase::open)
            self.send_control(Opcode::ping, kirsch::view(bytes).substr(0, most_control_bytes));
        },
    .close = [](kirsch::WebSocketLink* link, std::uint16_t code,
                kirsch_text reason) { at(link).close(code, kirsch::view(reason)); },
    .queued = [](kirsch::WebSocketLink* link) { return at(link).queued(); },
    .join = [](kirsch::WebSocketLink* link, kirsch_text room, std::uint32_t slow) -> std::uint8_t {
      return at(link).join(kirsch::view(room), static_cast<kirsch::SlowReader>(slow)) ? 1 : 0;
    },
    .leave = [](kirsch::WebSocketLink* link, kirsch_text room) -> std::uint8_t {
      return at(link).leave(kirsch::view(room)) ? 1 : 0;
    },
    .publish =
        [](kirsch::WebSocketLink* link, kirsch_text room, std::uint32_t kind, kirsch_text bytes,
           std::uint8_t to_itself) {
          const auto& [table, self] = at(link).settings().rooms;
          const auto* seat = to_itself != 0 ? nullptr : at(link).seat_in(kirsch::view(room));
          table->publish(self, link->lane, room, kind, bytes, seat == nullptr ? nullptr : seat->seat);
        },
    .members = [](kirsch::WebSocketLink* link, kirsch_text room) -> std::uint64_t {
      const auto& [table, self] = at(link).settings().rooms;
      return table->members(self, room);
    }};

bool Connection::waits() const { return has_backlog() || stream().queued() >= most_in_stream; }

std::uint64_t Connection::queued() const {
  return stream_ == nullptr ? 0 : stream().queued() + (more_ == nullptr ? 0 : more_->backlog.bytes());
}

// What waits may still go, and with it the context that later messages refer to: it is not compressed then.
bool Connection::compresses(std::size_t size) const {
  return server_bits_ != 0 && size >= settings().deflate->threshold.bytes && size <= most_compressed &&
         !(server_context_ && waits());
}

std::string_view Connection::deflated(std::string_view bytes) {
  auto& own = own_lane();
  if (!server_context_) return own.deflater(server_bits_).deflate(bytes, false, own.deflated);
  auto& deflater = more().deflater;
  if (deflater == nullptr) {
    const auto& options = *settings().deflate;
    deflater = std::make_unique<Deflater>(int{server_bits_}, DeflateEffort{options.level, options.memory_level});
  }
  return deflater->deflate(bytes, true, own.deflated);
}

bool Connection::send(std::uint32_t kind, std::string_view bytes) {
  if (phase_ != Phase::open) return false;
  if (!compresses(bytes.size())) return put(kind, bytes);
  const auto made = deflated(bytes);
  if (!server_context_ && made.size() >= bytes.size()) return put(kind, bytes);
  return put(kind | rsv1, made);
}

bool Connection::put(std::uint32_t first, std::string_view payload, const Seat* seat) {
  const auto queued = stream().queued();
  if (has_backlog() || queued >= most_in_stream) return put_later(frame_of(first, payload), seat);
  char head[10];
  stream().write(std::string_view(head, kirsch::detail::frame_head(head, first, payload.size())), payload);
  written(queued + payload.size(), seat);
  return true;
}

// To the stream: from some size on the client is waited for, and where it alone was meant, it waits too.
void Connection::written(std::uint64_t queued_now, const Seat* seat) {
  if (queued_now < most_in_stream) return;
  ask_for_room();
  owing_ = owing_ || seat == nullptr;
  steer_reading();
}

// Now and then while much leaves, so that a slow client is seen to read.
void Connection::ask_for_room() {
  const auto queued = stream().queued();
  stream().notify(queued < most_in_stream + low_in_stream ? low_in_stream : queued - most_in_stream);
}

bool Connection::send_shared(const kirsch::SharedMessage& message, const Seat* seat) {
  if (phase_ != Phase::open) return false;
  kirsch_blob* frame = message.frame;
  const kirsch::Blob plain(frame);
  const auto bytes = plain.bytes().substr(message.head);
  if (compresses(bytes.size())) {
    if (server_context_) return put(message.kind | rsv1, deflated(bytes), seat);
    frame = deflated_frame(message);
  }
  const auto queued = stream().queued();
  if (has_backlog() || queued >= most_in_stream) return put_later(kirsch::Blob(frame), seat);
  const kirsch::Blob shared(frame);
  stream().write(shared);
  written(queued + shared.bytes().size(), seat);
  return true;
}

// Made by the first connection that wants it, whichever loop it is on. Where compressing makes it no smaller it is the
// plain one.
kirsch_blob* Connection::deflated_frame(const kirsch::SharedMessage& message) {
  std::atomic_ref made(const_cast<kirsch_blob*&>(message.deflated[server_bits_ - 8]));
  if (auto* const known = made.load(std::memory_order_acquire)) return known;
  const kirsch::Blob plain(message.frame);
  const auto payload = deflated(plain.bytes().substr(message.head));
  const bool smaller = payload.size() < plain.bytes().size() - message.head;
  const auto frame = smaller ? frame_of(message.kind | rsv1, payload) : plain;
  kirsch_blob* before = nullptr;
  if (!made.compare_exchange_strong(before, frame.raw(), std::memory_order_acq_rel)) return before;
  return kirsch::detail::retained(frame.raw());
}

bool Connection::put_later(kirsch::Blob frame, const Seat* seat) {
  auto slow = settings().slow_reader == Slow::close ? kirsch::SlowReader::close : kirsch::SlowReader::drop_oldest;
  if (seat != nullptr) slow = seat->slow;
  auto& backlog = more().backlog;
  if (backlog.empty()) ask_for_room();
  const auto taken = backlog.add({std::move(frame), seat == nullptr ? 0 : seat->number, slow}, settings().queue.bytes);
  if (taken == Backlog::Taken::full) {
    fail({try_again_later, "the client reads too slowly"});
    return false;
  }
  owing_ = owing_ || backlog.has_own();
  steer_reading();
  return taken == Backlog::Taken::queued;
}

// The stream has room again. Who takes what waits for it is there, whatever has become of a ping behind that.
void Connection::flush() {
  heard_ = true;
  const bool has_room = stream().queued() < low_in_stream;
  if (has_room && !(has_backlog() && more_->backlog.has_own())) {
    owing_ = false;
    steer_reading();
  }
  while (has_backlog() && stream().queued() < most_in_stream) stream().write(more_->backlog.pop());
  if (!has_room || has_backlog() || owing_) return ask_for_room();
  if (phase_ == Phase::open && app().table->writable != nullptr) tell({.type = Turn::Type::writable});
}

// Between frames, so also ahead of what waits (5.4).
void Connection::send_control(Opcode opcode, std::string_view payload) {
  char head[10];
  const auto size = kirsch::detail::frame_head(head, static_cast<std::uint32_t>(opcode), payload.size());
  stream().write(std::string_view(head, size), payload);
}

// Begins the close handshake. Messages that wait leave before the close frame.
void Connection::close(std::uint16_t code, std::string_view reason) {
  if (phase_ != Phase::open) return;
  const auto payload = close_payload(code, reason);
  phase_ = Phase::closing;
  more().sent = may_be_sent(code) ? code : std::uint16_t{internal_error};
  leave_all();
  if (more_->backlog.empty()) {
    send_control(Opcode::close, payload);
  } else {
    more_->backlog.append({frame_of(static_cast<std::uint32_t>(Opcode::close), payload)});
  }
  wait_in(own_lane().ends, settings().close_timeout);
}

// At once: what waits is of no use to anybody any more.
void Connection::send_close(std::string_view payload) {
  more().backlog = {};
  send_control(Opcode::close, payload);
}

bool Connection::join(std::string_view room, kirsch::SlowReader slow) {
  if (phase_ != Phase::open) return false;
  if (auto* const known = seat_in(room)) {
    known->slow = slow;
    return true;
  }
  auto seat = std::make_unique<Seat>(Seat{*this, std::string(room), slow, ++more().seats_ever});
  const auto& [table, self] = settings().rooms;
  const auto deliver = [](void* member, const kirsch::SharedMessage* message) {
    auto& own = *static_cast<Seat*>(member);
    own.connection.send_shared(*message, &own);
  };
  seat->seat = table->join(self, lane, kirsch::text(room), deliver, seat.get());
  if (seat->seat == nullptr) return false;
  more().seats.push_back(std::move(seat));
  return true;
}

bool Connection::leave(std::string_view room) {
  auto* const seat = seat_in(room);
  if (seat == nullptr) return false;
  const auto& [table, self] = settings().rooms;
  table->leave(self, seat->seat);
  std::erase_if(more_->seats, [&](const auto& one) { return one.get() == seat; });
  return true;
}

Connection::Seat* Connection::seat_in(std::string_view room) const {
  if (more_ == nullptr) return nullptr;
  for (const auto& seat : more_->seats)
    if (seat->room == room) return seat.get();
  return nullptr;
}

void Connection::leave_all() {
  if (more_ == nullptr) return;
  const auto& [table, self] = settings().rooms;
  for (const auto& seat : more_->seats) table->leave(self, seat->seat);
  more_->seats.clear();
}

}  // namespace websocket
