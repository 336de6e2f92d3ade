// Raw bytes of an upgraded connection.
#include "http/stream.h"

#include <utility>

#include "http/connections.h"

namespace kirsch::http {

StreamWork& Stream::work() {
  if (work_ == nullptr) work_ = owner_->take_stream_work();
  return *work_;
}

// Gives back what nothing waits in.
void Stream::rest() noexcept {
  if (work_ != nullptr && work_->empty()) give_work();
}

void Stream::give_work() noexcept {
  if (work_ != nullptr) owner_->give(*std::exchange(work_, nullptr));
}

void Stream::begin(Connections& owner, net::Transport& transport, std::span<const char> received, bool input_ended,
                   bool reading) {
  owner_ = &owner;
  transport_ = &transport;
  transport.addresses();  // who is reset is asked no more
  input_ended_ = input_ended;
  reading_ = reading;
  if (!received.empty()) work().input.append(received);
  transport.set_events(*this);
  transport.clear_deadline();
  opened();
  settle_later();
}

net::Loop& Stream::loop() const { return owner_->loop_; }

void Stream::on_data(std::span<char> bytes) {
  if (ended_) {
    lingered_ += static_cast<std::uint32_t>(bytes.size());
    if (lingered_ > owner_->limits_.unread_body) transport_->pause_reading();  // until the time is up, not a reset
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
  if (keeps_input() && work_->input.size() > owner_->limits_.read_ahead) aborted_ = true;
  if (aborted_ || closing_) settle_later();
  rest();
}

std::size_t Stream::deliver(char* bytes, std::size_t size) {
  if (paused_ || !open() || size == 0) return 0;
  input_fresh_ = false;
  return take(bytes, size);
}

void Stream::deliver_kept() {
  if (!input_fresh_ || !keeps_input()) return;
  Input& input = work_->input;
  input.consume(deliver(input.data(), input.size()));
}

void Stream::on_end() {
  input_ended_ = true;
  if (ended_) {
    transport_->close();
    leave();
    return;
  }
  settle();
}

void Stream::on_sent() {
  if (ended_) return;
  work_->output.on_sent(owner_->loop_.now());
  tell_room();
  settle();
}

void Stream::tell_room() {
  const auto left = queued();
  const auto wanted_below = work_ != nullptr ? work_->wanted_below : 0;
  if (!open() || (left >= wanted_below && !(was_full_ && left < owner_->limits_.output_low))) return;
  if (left < wanted_below) work_->wanted_below = 0;
  if (left < owner_->limits_.output_low) was_full_ = false;
  writable();
}

void Stream::on_timeout() {
  if (!ended_) {
    const base::SteadyTime now = owner_->loop_.now();
    const bool due = in_flight() && now >= work_->output.look_due(owner_->limits_.write_time);
    if (due && work_->output.stalls(*transport_, now)) aborted_ = true;
    settle();
    return;
  }
  transport_->close();
  leave();
}

void Stream::on_lost(int) {
  end(false);
  leave();
}

void Stream::abort_now() noexcept {
  if (owner_ == nullptr) {
    closed(false);
    return;
  }
  tell_end(false);  // while the transport can be asked
  transport_->abort();
  end(false);
  leave();
}

void Stream::settle() {
  if (ended_) return;
  if (!aborted_) deliver_kept();
  if (aborted_) {
    abort_now();
    return;
  }
  if (input_ended_ && !paused_) closing_ = true;
  if (work_ != nullptr) work_->output.flush(*transport_, owner_->loop_.now());
  tell_room();
  if (closing_ && queued() == 0) {
    end(true);
    linger();
    return;
  }
  if (in_flight()) {
    transport_->set_deadline(work_->output.look_due(owner_->limits_.write_time));
  } else {
    transport_->clear_deadline();
  }
  rest();
  const bool wanted = !paused_;
  if (wanted == reading_) return;
  reading_ = wanted;
  wanted ? transport_->resume_reading() : transport_->pause_reading();
}

// The last call to whoever has upgraded.
void Stream::tell_end(bool clean) noexcept {
  if (ended_) return;
  ended_ = true;
  closed(clean);
}

// The transport needs nothing any more of what it was to send.
void Stream::end(bool clean) noexcept {
  tell_end(clean);
  give_work();
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
  transport_->set_deadline(base::steady_now() + owner_->limits_.linger_time);
}

void Stream::settle_later() { owner_->settle_later(*this); }

void Stream::leave() noexcept { owner_->remove(*this); }

bool Stream::after_write() {
  settle_later();
  if (queued() <= owner_->limits_.output_high) return true;
  was_full_ = true;
  return false;
}

bool Stream::write(std::span<const kirsch_text> pieces) {
  if (ended_ || !open()) return true;
  for (const kirsch_text& piece : pieces) work().output.copy({piece.data, piece.size});
  return after_write();
}

bool Stream::write_shared(std::string_view piece, void (*release)(void* owner), void* owner) {
  if (ended_ || !open()) {
    release(owner);
    return true;
  }
  work().output.share(piece, release, owner);
  return after_write();
}

void Stream::close() {
  if (ended_) return;
  closing_ = true;
  settle_later();
}

void Stream::abort() {
  if (ended_) return;
  aborted_ = true;
  settle_later();
}

void Stream::notify(std::uint64_t below) {
  if (ended_) return;
  if (below == 0 && work_ == nullptr) return;
  work().wanted_below = below;
  settle_later();
}

void Stream::pause(bool on) {
  if (ended_ || paused_ == on) return;
  paused_ = on;
  input_fresh_ = true;
  settle_later();
}

}  // namespace kirsch::http
