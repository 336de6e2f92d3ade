// The life of a connection: events of its transport, the order of states, deadlines, the end.
#include "http/connection.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "http/connections.h"
#include "http/stream.h"

namespace kirsch::http {

void Connection::take(net::Transport& transport) {
  assert(state_ == State::closed);
  transport_ = &transport;
  transport.set_events(*this);
  born_ = owner_.loop_.now();
  requests_ = 0;
  dropped_ = 0;
  reading_ = true;
  input_ended_ = must_close_ = deaf_ = feed_wanted_ = false;
}

void Connection::open(net::Transport& transport, bool secure, std::uint32_t listener) {
  take(transport);
  secure_ = secure;
  listener_ = listener;
  set_state(State::waiting);
  transport_->set_deadline(base::steady_now() + owner_.limits_.head_time);
}

void Connection::refuse(net::Transport& transport, std::uint32_t listener) {
  take(transport);
  listener_ = listener;
  const iovec piece{const_cast<char*>(Connections::refusal.data()), Connections::refusal.size()};
  transport_->send({&piece, 1});
  linger();
}

const net::Addresses& Connection::addresses() const {
  static constexpr net::Addresses unknown;
  return transport_ == nullptr ? unknown : transport_->addresses();
}

std::shared_ptr<const net::tls::Facts> Connection::tls() const {
  return transport_ == nullptr ? nullptr : transport_->tls();
}

void Connection::defer() {
  if (!consuming_) owner_.settle_later(*this);
}

// A client may say that it has nothing more to send and still wait for its answer.
void Connection::on_end() {
  input_ended_ = true;
  if (state_ != State::transaction && !feed_wanted_) {  // else a request that came before may wait
    close();
    return;
  }
  feed_wanted_ = true;
  settle();
}

void Connection::on_sent() {
  if (state_ == State::lingering || work_ == nullptr) return;
  work_->output.on_sent(owner_.loop_.now());
  if (work_->answer.full) tell_room();
  settle();
}

// There is room again for who was told that there is none.
void Connection::tell_room() {
  if (work_->transaction == nullptr || work_->output.queued() >= owner_.limits_.output_low) return;
  work_->answer.full = false;
  if (writing()) work_->transaction->on_writable();
}

void Connection::on_timeout() {
  const Limits& limits = owner_.limits_;
  const base::SteadyTime now = owner_.loop_.now();
  if (state_ == State::head && !request_begun()) {
    close();
    return;
  }
  if (state_ == State::head) {
    // The bytes were kept after the parser had seen them elsewhere: lets its views follow.
    work_->parser.parse(work_->input.data(), work_->input.size());
    reject_head({408, "the head took too long"});
  } else if (state_ != State::transaction) {
    close();
    return;
  } else if (work_->output.in_flight() != 0 && now >= work_->output.look_due(limits.write_time) &&
             work_->output.stalls(*transport_, now)) {
    abort_now();
    return;
  } else if (reading_body() && now >= work_->body.last + limits.body_idle_time) {
    fail_body({408, "the body took too long"});
  }
  settle();
}

// An empty line ahead of a request is none (RFC 9112 §2.2).
bool Connection::request_begun() const {
  const std::string_view kept(work_->input.data(), work_->input.size());
  return kept.find_first_not_of("\r\n") != kept.npos;
}

void Connection::on_lost(int) {
  count_sent();
  lose();
}

void Connection::settle() {
  while (state_ != State::closed && state_ != State::lingering) {
    if (state_ == State::transaction && work_->answer.aborted) {
      abort_now();
      return;
    }
    if (feed_wanted_) {
      feed_wanted_ = false;
      feed();
      continue;
    }
    if (work_ != nullptr) {
      work_->output.flush(*transport_, owner_.loop_.now());
      if (work_->answer.full) tell_room();
    }
    if (state_ != State::transaction || !work_->answer.finished || !work_->output.empty()) break;
    complete();
    if (feed_wanted_) defer();  // the next request of this client when others have had their turn
    break;
  }
  after_event();
}

void Connection::after_event() {
  if (state_ == State::closed || state_ == State::lingering) return;
  if (deferred) return update_reading();  // settle follows in this turn and does the rest
  if (input_ended_ && state_ != State::transaction) {
    close();
    return;
  }
  if (state_ == State::waiting && work_ != nullptr) {
    owner_.give_work(work_);
    work_ = nullptr;
  }
  if (state_ == State::transaction) {
    update_reading();
    update_deadline();
  } else if (!reading_) {
    update_reading();
  }
}

// The whole answer is in the kernel.
void Connection::complete() {
  Transaction* const transaction = std::exchange(work_->transaction, nullptr);
  if (work_->answer.left != 0) {  // shorter than announced: only the end of the connection can tell the client
    transaction->on_gone();
    linger();
    return;
  }
  transaction->on_sent(work_->answer.given);
  if (work_->answer.upgrade != nullptr) {
    become_stream();
  } else if (!work_->answer.framing.keep_alive || must_close_) {
    nothing_follows() ? close() : linger();
  } else if (work_->decoder.complete()) {
    await_request();
    feed_wanted_ = !work_->input.empty();
  } else {
    set_state(State::discarding);
    dropped_ = 0;
    transport_->set_deadline(base::steady_now() + owner_.limits_.linger_time);
    feed_wanted_ = !work_->input.empty();
  }
}

void Connection::become_stream() {
  Input& input = work_->input;
  std::unique_ptr<Stream> stream(std::exchange(work_->answer.upgrade, nullptr));
  stream->seat = std::move(seat);
  stream->room = std::move(room);
  stream->listener = listener_;
  Stream& begun = owner_.add(std::move(stream));
  begun.begin(owner_, *std::exchange(transport_, nullptr), {input.data(), input.size()}, input_ended_, reading_);
  recycle();
}

// The client has said that this was its last request (RFC 9112 §9.6), and all of it was read. Those of HTTP/1.0 say
// nothing, and old ones send a line end behind a body (§2.2).
bool Connection::nothing_follows() const {
  return !request().keep_alive && request().version_minor != 0 && !deaf_ && work_->decoder.complete() &&
         work_->input.empty();
}

// Closing at once with unread input would reset the connection and could take the answer with it (RFC 9112 §9.6).
void Connection::linger() {
  set_state(State::lingering);
  feed_wanted_ = false;
  if (input_ended_) {
    close();
    return;
  }
  transport_->shutdown_write();
  if (!reading_) transport_->resume_reading();
  reading_ = true;
  dropped_ = 0;
  transport_->set_deadline(base::steady_now() + owner_.limits_.linger_time);
}

void Connection::close() {
  count_sent();
  transport_->close();
  lose();
}

void Connection::abort_now() noexcept {
  count_sent();
  transport_->abort();
  lose();
}

// At the end of the transport: part of what was under way has left.
void Connection::count_sent() noexcept {
  if (work_ != nullptr) work_->output.on_ended(transport_->unsent());
}

// The transport is gone.
void Connection::lose() noexcept {
  transport_ = nullptr;
  if (work_ != nullptr) work_->output.clear();
  Transaction* const transaction = work_ != nullptr ? std::exchange(work_->transaction, nullptr) : nullptr;
  const std::unique_ptr<Stream> upgrade(state_ == State::transaction ? std::exchange(work_->answer.upgrade, nullptr)
                                                                     : nullptr);
  if (transaction != nullptr) transaction->on_gone();
  if (upgrade != nullptr) upgrade->abort_now();
  recycle();
}

void Connection::recycle() noexcept {
  set_state(State::closed);
  if (work_ != nullptr) owner_.give_work(work_);
  work_ = nullptr;
  seat.reset();
  room = {};
  owner_.recycle(*this);
}

void Connection::update_reading() {
  const Limits& limits = owner_.limits_;
  const bool wanted = state_ != State::transaction ||
                      (deaf_ ? dropped_ <= limits.unread_body : work_->input.size() < limits.read_ahead);
  if (wanted == reading_) return;
  reading_ = wanted;
  wanted ? transport_->resume_reading() : transport_->pause_reading();
}

// Of a transaction, whose deadline moves; the other states set theirs when they begin.
void Connection::update_deadline() {
  const Limits& limits = owner_.limits_;
  const base::SteadyTime never = base::SteadyTime::max();
  base::SteadyTime due = never;
  if (work_->output.in_flight() != 0) due = work_->output.look_due(limits.write_time);
  if (reading_body()) due = std::min(due, work_->body.last + limits.body_idle_time);
  if (due == never) {
    transport_->clear_deadline();
  } else {
    transport_->set_deadline(due);
  }
}

}  // namespace kirsch::http
