// Accepting, counting, draining; free lists of connections and of their working memory.
#include "http/connections.h"

#include <algorithm>
#include <utility>

#include "http/connection.h"
#include "http/stream.h"

namespace kirsch::http {

namespace {

constexpr std::size_t least_kept = 4;
constexpr std::size_t heap_of_work = 4096;  // about: segments, fields, input beyond a page
constexpr std::size_t worth_a_shed = 4096;

}  // namespace

class Connections::Entrance final : public net::Acceptor {
 public:
  Entrance(Connections& owner, std::uint32_t listener, bool secure)
      : owner_(owner), listener_(listener), secure_(secure) {}

  bool is(std::uint32_t listener, bool secure) const { return listener == listener_ && secure == secure_; }
  void on_accept(net::Transport& transport) override { owner_.accept(transport, listener_, secure_); }
  std::string_view apology() const noexcept override { return secure_ ? std::string_view() : refusal; }

 private:
  Connections& owner_;
  std::uint32_t listener_;
  bool secure_;
};

Connections::Connections(net::Loop& loop, const Limits& limits, Service& service, ClientSeats* seats,
                         Capacity* capacity)
    : loop_(loop),
      limits_(limits),
      service_(service),
      seats_(seats),
      own_capacity_(limits.connections),
      capacity_(capacity != nullptr ? *capacity : own_capacity_),
      works_(least_kept),
      stream_works_(least_kept),
      spares_(least_kept) {}

Connections::~Connections() {
  empty_ = nullptr;
  abort_all();
}

net::Acceptor& Connections::entrance(std::uint32_t listener, bool secure) {
  std::erase(draining_listeners_, listener);  // another one has got its number
  for (const auto& known : entrances_)
    if (known->is(listener, secure)) return *known;
  return *entrances_.emplace_back(std::make_unique<Entrance>(*this, listener, secure));
}

void Connections::accept(net::Transport& transport, std::uint32_t listener, bool secure) {
  constexpr std::size_t most_refusals = 256;  // at once, beyond the limit; further ones are reset
  make_room();
  Capacity::Place room = capacity_.take();
  if (!room && refused_ >= most_refusals) {
    transport.abort();
    return;
  }
  Connection& connection = spares_.take([this] { return std::make_unique<Connection>(*this); });
  ++connections_;
  connection.room = std::move(room);
  connection.refused = !connection.room || !seat(connection, transport);
  if (connection.refused) {
    ++refused_;
    connection.refuse(transport, listener);
  } else {
    connection.open(transport, secure, listener);
  }
}

// True: the client has not too many.
bool Connections::seat(Connection& connection, const net::Transport& transport) {
  if (seats_ == nullptr || limits_.client_connections == 0) return true;
  const net::Address client(transport.addresses().peer);  // may be a system call
  if (!client.known() || client.is_unix()) return true;
  if (!limits_.loopback_counts && client.loopback()) return true;
  auto seat = seats_->take(client.raw(), limits_.client_connections);
  if (!seat) return false;
  connection.seat = std::make_unique<ClientSeats::Seat>(std::move(seat));
  return true;
}

// Close to the limit the connection that has waited longest for a request goes, so that new clients are served.
void Connections::make_room() {
  if (!capacity_.tight()) return;
  if (ConnectionLink* oldest = idle_.pop()) static_cast<Connection*>(oldest)->close();
}

void Connections::list(Connection& connection) noexcept { (connection.idle() ? idle_ : busy_).append(connection); }

void Connections::settle_later(Connection& connection) noexcept {
  if (std::exchange(connection.deferred, true)) return;
  connection.unlink();
  settling_.append(connection);
  loop_.at_end_of_turn(*this);
}

void Connections::settle_later(Stream& stream) noexcept {
  if (settling_streams_.add(stream)) loop_.at_end_of_turn(*this);
}

// Those that come meanwhile are for the next time.
void Connections::run_deferred() {
  net::List<ConnectionLink> now;
  now.take(settling_);
  while (ConnectionLink* link = now.pop()) {
    auto& connection = static_cast<Connection&>(*link);
    connection.deferred = false;
    list(connection);
    connection.settle();
  }
  settling_streams_.settle();
}

void Connections::recycle(Connection& connection) noexcept {
  --connections_;
  connection.deferred = false;
  if (connection.refused) --refused_;
  spares_.give(connection);
  if (spares_.many()) loop_.shed_later(*this);
  tell_if_empty();
}

Stream& Connections::add(std::unique_ptr<Stream> stream) {
  stream->place = static_cast<std::uint32_t>(streams_.size());
  const auto room = streams_.capacity();
  streams_.push_back(std::move(stream));
  if (streams_.capacity() != room) {
    settling_streams_.reserve(streams_.capacity());
    outgrown_ += 3 * room * sizeof streams_[0];  // of the list, and of both that settle
    if (outgrown_ >= worth_a_shed) loop_.shed_later(*this);
  }
  return *streams_.back();
}

void Connections::remove(Stream& stream) noexcept {
  settling_streams_.remove(stream);
  const auto place = stream.place;
  streams_.back()->place = place;
  std::swap(streams_[place], streams_.back());
  streams_.pop_back();
  tell_if_empty();
}

void Connections::drain(void (*empty)(void* self), void* self) {
  draining_ = true;
  empty_ = empty;
  empty_self_ = self;
  tell_if_empty();
}

void Connections::drain_listener(std::uint32_t listener) {
  if (!drains(listener)) draining_listeners_.push_back(listener);
}

bool Connections::drains_alone(std::uint32_t listener) const noexcept {
  return std::ranges::find(draining_listeners_, listener) != draining_listeners_.end();
}

bool Connections::has_connections_of(std::uint32_t listener) const noexcept {
  const auto is_of = [&](const ConnectionLink& link) {
    return static_cast<const Connection&>(link).listener() == listener;
  };
  return idle_.any(is_of) || busy_.any(is_of) || settling_.any(is_of);
}

void Connections::abort_listener(std::uint32_t listener) noexcept {
  each([&](Connection& connection) {
    if (connection.listener() == listener) connection.abort_now();
  });
}

template <class Visit>
void Connections::each(Visit visit) noexcept {
  for (auto* list : {&idle_, &busy_, &settling_})
    list->each([&](ConnectionLink& link) { visit(static_cast<Connection&>(link)); });
}

void Connections::tell_if_empty() noexcept {
  if (!draining_ || empty_ == nullptr || count() != 0) return;
  auto* empty = empty_;
  empty_ = nullptr;
  empty(empty_self_);
}

void Connections::close_idle() noexcept {
  while (ConnectionLink* link = idle_.pop()) static_cast<Connection*>(link)->close();
}

void Connections::abort_all() noexcept {
  each([](Connection& connection) { connection.abort_now(); });
  while (!streams_.empty()) streams_.back()->abort_now();
}

Work* Connections::take_work() {
  return &works_.take([this] { return std::make_unique<Work>(limits_, blocks_); });
}

StreamWork* Connections::take_stream_work() {
  return &stream_works_.take([this] { return std::make_unique<StreamWork>(blocks_); });
}

void Connections::give(StreamWork& work) noexcept {
  work.input.clear();
  work.output.clear();
  work.wanted_below = 0;
  stream_works_.give(work);
  if (stream_works_.many()) loop_.shed_later(*this);
}

std::size_t Connections::shed() noexcept {
  blocks_.shed();
  const std::size_t bytes = (works_.shed() + stream_works_.shed()) * heap_of_work +
                            spares_.shed() * sizeof(Connection) + std::exchange(outgrown_, 0);
  if (works_.many() || stream_works_.many() || spares_.many() || blocks_.many()) loop_.shed_later(*this);
  return bytes;
}

}  // namespace kirsch::http
