// The life of a TLS connection, and its reading half.
#include "net/tls/transport.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include "net/tls/layer.h"

namespace kirsch::net::tls {
namespace {

constexpr std::size_t most_unread = 64 * 1024;  // before its turn, or after the end
constexpr std::chrono::milliseconds linger_time{2000};

// A TLS record of a handshake begins with 22; no method of HTTP does.
bool begins_like_a_method(char byte) { return byte >= 'A' && byte <= 'Z'; }

}  // namespace

TlsTransport::TlsTransport(Layer& layer, Transport& lower, std::unique_ptr<Session> session, Acceptor& acceptor,
                           PlainClients& plain_clients)
    : layer_(layer), lower_(lower), session_(std::move(session)), acceptor_(acceptor), plain_clients_(plain_clients) {
  lower_.set_events(*this);
}

void TlsTransport::on_data(std::span<char> bytes) {
  if (state_ == State::handshake && fresh_ && begins_like_a_method(bytes.front())) state_ = State::plain;
  fresh_ = false;
  if (state_ == State::leaving) return;
  if (state_ == State::ending || peer_ended_) return drop(bytes.size());
  if (state_ == State::handshake) return shake(bytes);
  if (state_ == State::open && held_.empty()) return read_on(bytes);
  if (!hold(bytes)) return;
  if (state_ == State::plain) return answer_plain();
  const auto all = std::exchange(held_, {});
  read_on(all);
}

bool TlsTransport::hold(std::span<const char> bytes) noexcept {
  return with_memory([&] { held_.insert(held_.end(), bytes.begin(), bytes.end()); });
}

void TlsTransport::drop(std::size_t size) noexcept {
  dropped_ += size;
  if (dropped_ > most_unread) lower_.pause_reading();  // closing now would be a reset: let the time run out
}

void TlsTransport::shake(std::span<const char> bytes) {
  if (!static_cast<Waiting&>(*this).linked() && layer_.begin_handshake_step()) return step(bytes);
  if (!hold(bytes)) return;
  layer_.wait(*this);
  if (held_.size() > most_unread) lower_.pause_reading();
}

void TlsTransport::continue_handshake() {
  if (held_.size() > most_unread) lower_.resume_reading();
  const auto bytes = std::exchange(held_, {});
  step(bytes);
  end_lower();
}

void TlsTransport::step(std::span<const char> bytes) {
  Wire wire{bytes, replies_};
  const std::size_t before = replies_.size();
  const Result result = session_->handshake(wire);
  if (replies_.size() != before) layer_.count_handshake();
  if (result == Result::done) return open_up(wire.input);
  if (result != Result::more) return end_with({});
  flush_replies();
}

void TlsTransport::open_up(std::span<const char> rest) {
  layer_.handshake_over(*this);
  if (!with_memory([&] { facts_ = session_->facts(); })) return;
  state_ = State::open;
  lower_.clear_deadline();
  acceptor_.on_accept(*this);
  if (gone()) return;
  if (paused_) {
    unread_ = true;
    hold(rest);
  } else {
    read_on(rest);  // also what the session has taken already
  }
  // Later, so that tickets leave with the first answer if that comes now.
  if (!gone()) loop().at_end_of_turn(*this);
}

void TlsTransport::answer_plain() {
  const std::string answer = plain_clients_.answer(held_, addresses().local);
  if (!answer.empty()) return end_with(answer);
  if (held_.size() > PlainClients::most) abort();
}

// What waits to be sent, and `last`, are the last that this peer gets.
void TlsTransport::end_with(std::span<const char> last) {
  state_ = State::ending;
  std::vector<char>().swap(held_);
  with_memory([&] { replies_.insert(replies_.end(), last.begin(), last.end()); });
  lower_.set_deadline(base::steady_now() + linger_time);
  if (!lower_sends_) send_last();
}

void TlsTransport::read_on(std::span<const char> bytes) {
  Wire wire{bytes, replies_};
  unread_ = false;
  for (;;) {
    std::size_t size = 0;
    const Result result = session_->read(wire, layer_.incoming(), size);
    if (size != 0) events_->on_data(layer_.incoming().first(size));
    if (gone()) return;
    if (result != Result::done) return after_read(result);
    if (!paused_) continue;
    unread_ = true;
    hold(wire.input);
    return;
  }
}

void TlsTransport::after_read(Result result) {
  if (!replies_.empty()) loop().at_end_of_turn(*this);
  if (result == Result::failed) return fail_with_alert();
  if (result != Result::ended) return;
  peer_ended_ = true;
  end_waits_ = paused_;
  if (!paused_) events_->on_end();
}

// Without close_notify nobody knows whether something is missing (RFC 8446 6.1), unless this side has ended before.
void TlsTransport::on_end() {
  if (state_ == State::leaving) return;
  if (static_cast<Waiting&>(*this).linked()) {
    lower_ended_ = true;
    return;
  }
  if (state_ != State::open) return close();
  if (peer_ended_) return;
  if (!shutdown_done_) return fail(ECONNRESET);
  peer_ended_ = true;
  events_->on_end();
}

// What was received ahead of that end is read first.
void TlsTransport::end_lower() {
  if (!lower_ended_ || paused_ || gone()) return;
  lower_ended_ = false;
  on_end();
}

void TlsTransport::on_timeout() {
  if (state_ == State::open) return events_->on_timeout();
  state_ == State::leaving ? abort() : close();
}

void TlsTransport::on_lost(int error) {
  TransportEvents* events = events_;
  retire();
  if (events != nullptr) events->on_lost(error);
}

void TlsTransport::fail(int error) {
  TransportEvents* events = events_;
  leave();
  if (events != nullptr) events->on_lost(error);
}

// What the client still sends is read away: a reset could cost it the alert.
void TlsTransport::fail_with_alert() {
  TransportEvents* events = std::exchange(events_, nullptr);
  unsent_ = unsent();
  Deferred::unlink();
  rest_.clear();
  end_with({});
  events->on_lost(EPROTO);
}

void TlsTransport::run_deferred() {
  if (error_ != 0) return fail(error_);
  if (state_ == State::open && !paused_ && (unread_ || !held_.empty())) {
    const auto bytes = std::exchange(held_, {});
    read_on(bytes);
  }
  if (state_ == State::open && !paused_ && std::exchange(end_waits_, false)) events_->on_end();
  end_lower();
  if (!gone()) flush_replies();
}

void TlsTransport::pause_reading() noexcept {
  paused_ = true;
  lower_.pause_reading();
}

void TlsTransport::resume_reading() noexcept {
  if (!std::exchange(paused_, false)) return;
  lower_.resume_reading();
  if (unread_ || end_waits_ || lower_ended_ || !held_.empty()) loop().at_end_of_turn(*this);
}

void TlsTransport::close() noexcept {
  if (gone()) return;
  if (state_ == State::open && !lower_sends_ && !shutdown_done_) say_goodbye();
  leave();
}

// What the lower transport has not taken is lost when it closes, so the last word gets its time; what the protocol was
// sending does not.
void TlsTransport::leave() noexcept {
  if (!lower_sends_ || sending_) {
    lower_.close();
    return retire();
  }
  unsent_ = unsent();
  state_ = State::leaving;
  events_ = nullptr;
  Deferred::unlink();
  Waiting::unlink();
  rest_.clear();
  lower_.set_deadline(base::steady_now() + linger_time);
}

void TlsTransport::abort() noexcept {
  if (state_ == State::closed) return;
  lower_.abort();
  retire();
}

void TlsTransport::retire() noexcept {
  unsent_ = unsent();
  state_ = State::closed;
  events_ = nullptr;
  Deferred::unlink();
  rest_.clear();
  layer_.give_block(std::move(block_));
  layer_.retire(*this);
}

}  // namespace kirsch::net::tls
