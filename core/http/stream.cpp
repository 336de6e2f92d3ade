// Raw bytes of an upgraded connection.
#include "http/stream.h"

#include <algorithm>
#include <utility>

#include "http/connections.h"

namespace kirsch::http {

Stream::Stream(Connections& owner, net::Transport& transport, UpgradeEvents& events, std::span<const char> received,
               bool input_ended)
    : owner_(owner), transport_(&transport), events_(&events), input_ended_(input_ended), peer_(transport.peer()) {
  if (!received.empty()) work().input.append(received);
}

StreamWork& Stream::work() {
  if (work_ == nullptr) work_ = owner_.take_stream_work();
  return *work_;
}

// Gives back what nothing waits in.
void Stream::rest() noexcept {
  if (work_ != nullptr && work_->empty()) owner_.give(*std::exchange(work_, nullptr));
}

void Stream::begin(bool reading) {
  reading_ = reading;
  transport_->set_events(*this);
  transport_->clear_deadline();
  events_->on_open(*this);
  owner_.loop_.at_end_of_turn(*this);
}

net::Loop& Stream::loop() const { return owner_.loop_; }

void Stream::on_data(std::span<char> bytes) {
  if (events_ == nullptr) {
    lingered_ += bytes.size();
    if (lingered_ > owner_.limits_.unread_body) transport_->pause_reading();  // until the time is up, not a reset
    return;
  }
  if (!open()) return;
  if (!keeps_input()) {
    const auto left = bytes.subspan(deliver(bytes.data(), bytes.size()));
    if (!left.empty()) work().input.append(left);
  } else {
    work_->input.append(bytes);
    input_fresh_ = true;
    deliver_kept();
  }
  if (paused_ && reading_ && open()) {  // now: more may come in this turn
    transport_->pause_reading();
    reading_ = false;
  }
  if (keeps_input() && work_->input.size() > owner_.limits_.read_ahead) aborted_ = true;
  if (aborted_ || closing_) owner_.loop_.at_end_of_turn(*this);
  rest();
}

std::size_t Stream::deliver(char* bytes, std::size_t size) {
  if (paused_ || !open() || size == 0) return 0;
  input_fresh_ = false;
  return events_->on_data(*this, bytes, size);
}

void Stream::deliver_kept() {
  if (!input_fresh_ || !keeps_input()) return;
  Input& input = work_->input;
  input.consume(deliver(input.data(), input.size()));
}

void Stream::on_end() {
  input_ended_ = true;
  if (events_ == nullptr) {
    transport_->close();
    leave();
    return;
  }
  settle();
}

void Stream::on_sent() {
  if (events_ == nullptr) return;
  work_->output.on_sent(owner_.loop_.now());
  tell_room();
  settle();
}

void Stream::tell_room() {
  const auto left = queued();
  if (!open() || (left >= wanted_below_ && !(was_full_ && left < owner_.limits_.output_low))) return;
  if (left < wanted_below_) wanted_below_ = 0;
  if (left < owner_.limits_.output_low) was_full_ = false;
  events_->on_writable(*this);
}

void Stream::on_timeout() {
  if (events_ != nullptr) {
    const base::SteadyTime now = owner_.loop_.now();
    const bool due = in_flight() && now >= work_->output.look_due(owner_.limits_.write_time);
    if (due && work_->output.stalls(*transport_, now)) aborted_ = true;
    settle();
    return;
  }
  transport_->close();
  leave();
}

void Stream::on_lost(int) {
  transport_ = nullptr;
  end(false);
  leave();
}

void Stream::abort_now() noexcept {
  transport_->abort();
  transport_ = nullptr;
  end(false);
  leave();
}

void Stream::run_deferred() { settle(); }

// Does what was asked for. This object may be gone afterwards.
void Stream::settle() {
  if (events_ == nullptr) return;
  if (!aborted_) deliver_kept();
  if (aborted_) {
    abort_now();
    return;
  }
  if (input_ended_ && !paused_) closing_ = true;
  if (work_ != nullptr) work_->output.flush(*transport_, owner_.loop_.now());
  tell_room();
  if (closing_ && queued() == 0) {
    end(true);
    linger();
    return;
  }
  if (in_flight()) {
    const auto left = work_->output.look_due(owner_.limits_.write_time) - owner_.loop_.now();
    transport_->set_deadline(
        std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1)));
  } else {
    transport_->clear_deadline();
  }
  rest();
  const bool wanted = !paused_;
  if (wanted == reading_) return;
  reading_ = wanted;
  wanted ? transport_->resume_reading() : transport_->pause_reading();
}

// The last call to the owner of the stream.
void Stream::end(bool clean) noexcept {
  if (work_ != nullptr) owner_.give(*std::exchange(work_, nullptr));
  UpgradeEvents* events = events_;
  events_ = nullptr;
  if (events != nullptr) events->on_close(this, clean);
}

void Stream::linger() {
  if (input_ended_) {
    transport_->close();
    leave();
    return;
  }
  transport_->shutdown_write();
  if (!reading_) transport_->resume_reading();
  reading_ = true;
  transport_->set_deadline(owner_.limits_.linger_time);
}

void Stream::leave() noexcept { owner_.remove(*this); }

bool Stream::after_write() {
  owner_.loop_.at_end_of_turn(*this);
  if (queued() <= owner_.limits_.output_high) return true;
  was_full_ = true;
  return false;
}

bool Stream::write(std::span<const kirsch_text> pieces) {
  if (events_ == nullptr || !open()) return true;
  for (const kirsch_text& piece : pieces) work().output.copy({piece.data, piece.size});
  return after_write();
}

bool Stream::write_shared(std::string_view piece, void (*release)(void* owner), void* owner) {
  if (events_ == nullptr || !open()) {
    release(owner);
    return true;
  }
  work().output.share(piece, release, owner);
  return after_write();
}

void Stream::close() {
  if (events_ == nullptr) return;
  closing_ = true;
  owner_.loop_.at_end_of_turn(*this);
}

void Stream::abort() {
  if (events_ == nullptr) return;
  aborted_ = true;
  owner_.loop_.at_end_of_turn(*this);
}

void Stream::notify(std::uint64_t below) {
  if (events_ == nullptr) return;
  wanted_below_ = below;
  owner_.loop_.at_end_of_turn(*this);
}

void Stream::pause(bool on) {
  if (events_ == nullptr || paused_ == on) return;
  paused_ = on;
  input_fresh_ = true;
  owner_.loop_.at_end_of_turn(*this);
}

}  // namespace kirsch::http
