// A transport over another one that carries it as TLS records. Its protocol meets it when the handshake is done.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "base/clock.h"
#include "net/list.h"
#include "net/loop.h"
#include "net/output.h"
#include "net/tls/provider.h"
#include "net/transport.h"

namespace kirsch::net::tls {

class Layer;
class Plaintext;
class PlainClients;

// A handshake that is not done yet, and one that waits for its turn.
class Young : public Link<Young> {};
class Waiting : public Link<Waiting> {};

// The loop's thread only. Belongs to its Layer, and is gone at the end of the turn in which it ended.
class TlsTransport final : public Transport, private TransportEvents, private Deferred, public Young, public Waiting {
 public:
  // Takes `lower` over. `acceptor` gets this transport once the handshake is done.
  TlsTransport(Layer& layer, Transport& lower, std::unique_ptr<Session> session, Acceptor& acceptor,
               PlainClients& plain_clients);

  // Transport, for the protocol.
  void set_events(TransportEvents& events) noexcept override { events_ = &events; }
  void send(std::span<const iovec> pieces) noexcept override;
  bool send_at_once(std::span<const iovec> pieces) noexcept override;
  void send_file(std::span<const iovec> head, const FileRange& file) noexcept override;
  bool sending() const noexcept override { return sending_; }
  std::uint64_t unsent() const noexcept override;
  std::uint64_t unacknowledged() const noexcept override { return lower_.unacknowledged(); }
  void pause_reading() noexcept override;
  void resume_reading() noexcept override;
  void set_deadline(base::SteadyTime due) noexcept override { lower_.set_deadline(due); }
  void clear_deadline() noexcept override { lower_.clear_deadline(); }
  void shutdown_write() noexcept override;
  void close() noexcept override;
  void abort() noexcept override;
  Loop& loop() const noexcept override { return lower_.loop(); }
  const Addresses& addresses() const noexcept override { return lower_.addresses(); }
  std::shared_ptr<const Facts> tls() const noexcept override { return facts_; }

  // For the layer.
  void continue_handshake();  // its turn has come
  void end_handshake_within(std::chrono::milliseconds time) noexcept { lower_.set_deadline(base::steady_now() + time); }
  const Acceptor& acceptor() const noexcept { return acceptor_; }

 private:
  enum class State : std::uint8_t {
    handshake,
    plain,  // somebody who does not speak TLS; what it sent is in held_
    open,
    ending,   // its protocol is not there (any more); the last bytes are sent, what still comes is read away
    leaving,  // its protocol has closed it; close_notify or an alert is still on its way
    closed,
  };

  // TransportEvents, from the lower transport.
  void on_data(std::span<char> bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_timeout() override;
  void on_lost(int error) override;
  void run_deferred() override;

  // The handshake, and what comes instead of one
  void shake(std::span<const char> bytes);
  void step(std::span<const char> bytes);
  void open_up(std::span<const char> rest);
  void answer_plain();
  void end_with(std::span<const char> last);

  // Reading
  void read_on(std::span<const char> bytes);
  void after_read(Result result);
  bool hold(std::span<const char> bytes) noexcept;
  void drop(std::size_t size) noexcept;
  void end_lower();

  // Writing (transport_output.cpp)
  bool encrypt_portion(Plaintext& plaintext) noexcept;
  void send_portion(Plaintext& plaintext) noexcept;
  void continue_output() noexcept;
  void continue_file() noexcept;
  std::size_t record_size() noexcept;
  void send_block() noexcept;
  void flush_replies() noexcept;
  void say_goodbye() noexcept;
  void end_output() noexcept;
  void send_last() noexcept;

  // Where `work` finds no memory the connection fails, at the end of the turn. False then.
  template <class Work>
  bool with_memory(Work work) noexcept {
    try {
      work();
      return true;
    } catch (const std::bad_alloc&) {
      fail_later(ENOMEM);
      return false;
    }
  }
  void fail(int error);
  void fail_with_alert();
  void leave() noexcept;
  bool gone() const noexcept { return state_ == State::closed || state_ == State::leaving; }
  void fail_later(int error) noexcept;
  void retire() noexcept;

  Layer& layer_;
  Transport& lower_;
  std::unique_ptr<Session> session_;
  Acceptor& acceptor_;
  PlainClients& plain_clients_;
  TransportEvents* events_ = nullptr;  // from the end of the handshake on
  std::shared_ptr<const Facts> facts_;
  State state_ = State::handshake;
  bool fresh_ = true;  // nothing was received yet
  bool paused_ = false;
  bool unread_ = false;           // the session has more plaintext than was delivered
  bool peer_ended_ = false;       // its close_notify was read
  bool end_waits_ = false;        // and on_end was not told, because reading is paused
  bool lower_ended_ = false;      // while something received before waits for its turn
  bool sending_ = false;          // the protocol waits for on_sent
  bool lower_sends_ = false;      // block_ is under way
  bool shutdown_wanted_ = false;  // by the protocol
  bool shutdown_done_ = false;    // our close_notify is encrypted: nothing may follow it
  int error_ = 0;                 // to report when the turn ends
  std::uint32_t burst_ = 0;       // bytes sent without a pause, up to first_window
  std::uint32_t portion_ = 0;     // how much of the protocol's bytes is in block_
  std::size_t dropped_ = 0;
  std::uint64_t unsent_ = 0;  // when it ended
  base::SteadyTime last_send_{};
  std::vector<char> held_;     // received, not yet looked at
  std::vector<char> replies_;  // of the library itself, not yet sent
  std::vector<char> block_;    // being sent
  Output rest_;                // of the protocol's send
};

}  // namespace kirsch::net::tls
