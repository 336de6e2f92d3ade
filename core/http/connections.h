// All HTTP/1.1 connections of one loop: accepts, counts and ends them, and keeps their memory for the next ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/spares.h"
#include "http/capacity.h"
#include "http/client_seats.h"
#include "http/limits.h"
#include "http/output.h"
#include "http/response_head.h"
#include "http/settling.h"
#include "http/transaction.h"
#include "http/work.h"
#include "net/list.h"
#include "net/loop.h"

namespace kirsch::http {

class Connection;
class Stream;

// The place of a connection, which derives from it, among those of its kind.
class ConnectionLink : public net::Link<ConnectionLink> {
 protected:
  ~ConnectionLink() = default;
};

// The loop's thread only. Outlives every listening of its entrances; destroyed after Loop::run has returned or while
// nothing runs on the loop, but before the loop itself. `limits`, `service`, `seats` (null: clients are not counted)
// and `capacity` (null: its own, of Limits::connections) outlive it.
class Connections final : public net::Hoard, private net::Deferred {
 public:
  // What a client is told for which there is no room.
  static constexpr std::string_view refusal =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";

  Connections(net::Loop& loop, const Limits& limits, Service& service, ClientSeats* seats = nullptr,
              Capacity* capacity = nullptr);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // For Loop::listen. `listener` and `secure` are what ResponseWriter tells of connections that came this way. Valid as
  // long as this object; the same for the same arguments.
  net::Acceptor& entrance(std::uint32_t listener, bool secure);

  // From now on every answer says Connection: close. Idle connections stay until their next answer or their time is
  // up; stop accepting first. `empty` is called once there is no connection left, at once if there is none; it may be
  // null and must not destroy this object. Upgraded streams stay until their owner closes them.
  void drain(void (*empty)(void* self), void* self);
  // The same as drain, for the connections of one listener.
  void drain_listener(std::uint32_t listener);
  void abort_listener(std::uint32_t listener) noexcept;
  bool has_connections_of(std::uint32_t listener) const noexcept;  // upgraded ones do not count

  // Ends those that wait for a request, orderly. The others end by themselves while draining.
  void close_idle() noexcept;
  // Ends all at once: transactions get on_gone, streams on_close. Not from inside a call of a transaction or a stream.
  void abort_all() noexcept;

  // net::Hoard
  std::size_t shed() noexcept override;

  std::size_t count() const { return connections_ + streams_.size(); }  // all of them
  std::size_t active() const { return active_; }                        // in a transaction
  std::size_t streams() const { return streams_.size(); }               // upgraded
  std::size_t idle() const { return connections_ - active_; }

 private:
  friend class Connection;
  friend class Stream;
  class Entrance;

  void accept(net::Transport& transport, std::uint32_t listener, bool secure);
  bool seat(Connection& connection, const net::Transport& transport);
  void make_room();
  void settle_later(Connection& connection) noexcept;
  void settle_later(Stream& stream) noexcept;
  Stream& add(std::unique_ptr<Stream> stream);
  void run_deferred() override;
  void list(Connection& connection) noexcept;
  template <class Visit>
  void each(Visit visit) noexcept;
  void recycle(Connection& connection) noexcept;
  void remove(Stream& stream) noexcept;
  Work* take_work();
  [[gnu::always_inline]] void give_work(Work* work) noexcept {
    work->input.clear();
    work->output.clear();
    work->head.trim();
    works_.give(*work);
    if (works_.many()) [[unlikely]]
      loop_.shed_later(*this);
  }
  StreamWork* take_stream_work();
  void give(StreamWork& work) noexcept;
  // Of the second in which the turn began.
  std::string_view usual_lines() {
    if (turn_ == loop_.now()) return usual_lines_.text();
    turn_ = loop_.now();
    return usual_lines_.at(std::time(nullptr));
  }
  void tell_if_empty() noexcept;
  bool drains(std::uint32_t listener) const noexcept {
    return draining_ || (!draining_listeners_.empty() && drains_alone(listener));
  }
  bool drains_alone(std::uint32_t listener) const noexcept;

  net::Loop& loop_;
  const Limits& limits_;
  Service& service_;
  ClientSeats* const seats_;
  Capacity own_capacity_;
  Capacity& capacity_;
  net::List<ConnectionLink> idle_;      // those that wait for a request, the oldest first
  net::List<ConnectionLink> busy_;      // the others, but for
  net::List<ConnectionLink> settling_;  // those that are to settle at the end of the turn
  std::size_t connections_ = 0;         // in all three
  std::size_t refused_ = 0;             // of them
  OutputBlocks blocks_;
  UsualLines usual_lines_;
  base::SteadyTime turn_;  // in which they were asked for
  std::vector<std::unique_ptr<Entrance>> entrances_;
  base::Spares<Work> works_;
  base::Spares<StreamWork> stream_works_;
  base::Spares<Connection> spares_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Settling<Stream> settling_streams_;
  std::size_t outgrown_ = 0;  // bytes of former memory of the lists of streams, since the last shed
  std::size_t active_ = 0;
  bool draining_ = false;
  std::vector<std::uint32_t> draining_listeners_;
  void (*empty_)(void* self) = nullptr;
  void* empty_self_ = nullptr;
};

}  // namespace kirsch::http
