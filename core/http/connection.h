// One HTTP/1.1 connection (RFC 9112): reads a request, lets the service answer it, writes the answer, and again. One
// transaction at a time, in order; what a client sends ahead waits, and beyond a bound the client waits too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/client_seats.h"
#include "http/connections.h"
#include "http/response_head.h"
#include "http/transaction.h"
#include "http/work.h"
#include "net/loop.h"

namespace kirsch::http {

// Belongs to Connections, which reuses the object for other transports. Its loop's thread only. Nothing is answered
// from inside the service's calls: what they cause is done once they have returned to what was received, else at the
// end of the loop's turn.
class Connection final : public net::TransportEvents, public ConnectionLink, public ResponseWriter {
 public:
  explicit Connection(Connections& owner) : owner_(owner) {}

  void open(net::Transport& transport, bool secure, std::uint32_t listener);
  // Over the limit of connections: a bare 503 and an end.
  void refuse(net::Transport& transport, std::uint32_t listener);
  void abort_now() noexcept;
  bool active() const { return state_ == State::transaction; }
  bool idle() const { return state_ == State::waiting; }
  void close();  // orderly

  // net::TransportEvents
  void on_data(std::span<char> bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_timeout() override;
  void on_lost(int error) override;

  void settle();  // does what the calls of this turn asked for; the connection may be closed afterwards

  // ResponseWriter
  void read_body(std::uint64_t limit) override;
  void pause_body() override;
  void resume_body() override;
  void send_head(const ResponseHead& head) override;
  void answer(const ResponseHead& head, std::string_view body) override;
  bool write(std::string_view piece, Bytes bytes) override;
  bool write_shared(std::string_view piece, void (*release)(void* owner), void* owner) override;
  bool write_file(const FilePart& part, void (*release)(void* owner), void* owner) override;
  std::uint64_t queued() const override;
  void finish() override;
  void abort() override;
  void upgrade(std::unique_ptr<Stream> stream) override;
  bool response_begun() const override { return work_ != nullptr && work_->answer.begun; }
  std::uint64_t body_sent() const override;
  const net::Addresses& addresses() const override;
  std::shared_ptr<const net::tls::Facts> tls() const override;

  // For Connections, which alone uses them.
  bool refused = false;
  bool deferred = false;                    // it is to settle at the end of the turn
  std::unique_ptr<ClientSeats::Seat> seat;  // of its client, where those are counted
  Capacity::Place room;

 private:
  enum class State : std::uint8_t {
    closed,       // in the free list
    waiting,      // for the first byte of a request
    head,         // some of it is there
    transaction,  // from on_request until on_sent or on_gone
    discarding,   // reading away a body that nobody wanted
    lingering,    // our FIN is sent; reading away what the client still sends (RFC 9112 §9.6)
  };
  // Reading (connection_input.cpp)
  void feed();
  std::size_t consume(char* bytes, std::size_t size);
  bool read_head(char* bytes, std::size_t size, std::size_t& used);
  bool read_wanted_body(std::string_view bytes, std::size_t& used);
  bool discard_body(std::string_view bytes, std::size_t& used);
  [[gnu::always_inline]] bool reading_body() const {
    const RequestBody& body = work_->body;
    return body.wanted && !body.paused && !body.over && !work_->answer.finished && !work_->answer.aborted;
  }
  bool request_begun() const;
  bool too_slow() const;
  void fail_body(const Fault& fault);
  void begin_head();
  bool begin_request();
  [[gnu::cold, gnu::noinline]] void refuse_https();
  void reject_head(const Fault& fault);
  void reject(const Fault& fault);

  // Writing (connection_output.cpp)
  bool may_keep_alive() const;
  void begin_answer(const ResponseHead& head, std::string_view body);
  bool may_begin() const {
    return state_ == State::transaction && !work_->answer.begun && !work_->answer.finished && !work_->answer.aborted;
  }
  void end_answer();
  std::uint64_t begin_piece(std::uint64_t size);
  bool end_piece();
  bool writing() const {
    if (state_ != State::transaction) return false;
    const Answer& answer = work_->answer;
    return answer.begun && !answer.finished && !answer.aborted;
  }

  // Life (connection.cpp)
  void take(net::Transport& transport);
  void defer();
  void tell_room();
  void after_event();
  void count_sent() noexcept;
  void complete();
  void become_stream();
  void await_request();
  bool nothing_follows() const;
  void linger();
  void lose() noexcept;
  void recycle() noexcept;
  void set_state(State state);
  void update_reading();
  void update_deadline();

  const RequestHead& request() const { return *work_->head; }

  std::uint32_t requests_ = 0;
  Connections& owner_;
  net::Transport* transport_ = nullptr;
  Work* work_ = nullptr;  // none while waiting
  base::SteadyTime born_{};
  std::uint32_t dropped_ = 0;  // bytes; reading ends soon beyond Limits::unread_body
  State state_ = State::closed;
  bool reading_ : 1 = true;
  bool input_ended_ : 1 = false;
  bool must_close_ : 1 = false;
  bool deaf_ : 1 = false;  // what still comes is dropped unparsed
  bool feed_wanted_ : 1 = false;
  bool consuming_ : 1 = false;   // settle follows
  bool head_timed_ : 1 = false;  // what is there of it is not all
};

// Inlined because most callers know what it comes to.
[[gnu::always_inline]] inline void Connection::set_state(State state) {
  if (state_ == State::transaction) --owner_.active_;
  if (state == State::transaction) ++owner_.active_;
  const State before = std::exchange(state_, state);
  // Between the lists of those that wait and of the others; who is to settle stays where he is until he does.
  if (state == State::closed || (!deferred && (idle() || before == State::waiting || before == State::closed))) {
    unlink();
    if (state != State::closed) owner_.list(*this);
  }
}

// Its time begins when the kernel's clock last ticked.
[[gnu::always_inline]] inline void Connection::await_request() {
  set_state(State::waiting);
  transport_->set_deadline(base::coarse_now() + owner_.limits_.idle_time);
}

static_assert(sizeof(Connection) <= 104);  // with malloc's own 8 bytes no more than 112

}  // namespace kirsch::http
