// Events wait for the end of the turn, because none may come from inside a call.
#include "testing/wire.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/address.h"

namespace kirsch::testing {
namespace {

constexpr std::size_t portion = 8192;  // as large as the buffers of the drivers

}  // namespace

Wire::~Wire() { close(); }

Wire::Wire(net::Loop& loop, const kirsch_address& client) noexcept
    : loop_(loop), addresses_{client, net::Address::parse("192.0.2.2:80")->raw()} {}

void Wire::give(std::string_view bytes) {
  sent_ += bytes;
  act_later();
}

void Wire::end() {
  end_sent_ = true;
  act_later();
}

void Wire::break_off() {
  error_ = ECONNRESET;
  act_later();
}

void Wire::act_later() noexcept {
  if (!closed_) loop_.at_end_of_turn(*this);
}

bool Wire::send_at_once(std::span<const iovec> pieces) noexcept {
  for (const auto& piece : pieces) received_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  fresh_ = true;
  if (reader_) act_later();
  return true;
}

void Wire::send(std::span<const iovec> pieces) noexcept {
  send_at_once(pieces);
  sending_ = true;
  act_later();
}

void Wire::send_file(std::span<const iovec> head, const net::FileRange& file) noexcept {
  send(head);
  std::array<char, portion> bytes{};
  for (std::uint64_t done = 0; done < file.size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file.size - done));
    const auto got = ::pread(file.descriptor, bytes.data(), wanted, static_cast<off_t>(file.offset + done));
    if (got <= 0) {
      error_ = EIO;
      return;
    }
    received_.append(bytes.data(), static_cast<std::size_t>(got));
    done += static_cast<std::uint64_t>(got);
  }
}

void Wire::resume_reading() noexcept {
  paused_ = false;
  if (!sent_.empty() || end_sent_) act_later();
}

void Wire::run_deferred() {
  if (closed_) return;
  if (error_ != 0) return lose(error_);
  if (std::exchange(sending_, false)) events_->on_sent();
  if (std::exchange(fresh_, false) && reader_) reader_();
  if (closed_ || paused_ || end_told_) return;
  deliver();
}

void Wire::deliver() {
  if (!sent_.empty()) {
    std::string bytes = sent_.substr(0, portion);
    sent_.erase(0, bytes.size());
    if (!sent_.empty() || end_sent_) act_later();
    return events_->on_data(bytes);
  }
  if (!end_sent_) return;
  end_told_ = true;
  events_->on_end();
}

void Wire::lose(int error) {
  auto* const events = events_;
  close();
  if (events != nullptr) events->on_lost(error);
}

void Wire::set_deadline(base::SteadyTime due) noexcept {
  clear_deadline();
  const auto from_now = std::chrono::ceil<std::chrono::milliseconds>(due - base::steady_now());
  deadline_ = loop_.start_timer(
      static_cast<std::uint64_t>(std::max<std::int64_t>(from_now.count(), 0)),
      [](void* self) {
        auto& wire = *static_cast<Wire*>(self);
        wire.deadline_ = 0;
        wire.events_->on_timeout();
      },
      nullptr, this);
}

void Wire::clear_deadline() noexcept {
  if (deadline_ != 0) loop_.cancel_timer(std::exchange(deadline_, 0));
}

// A client has nothing to say any more that a server would hear.
void Wire::shutdown_write() noexcept {
  shut_ = true;
  end();
}

void Wire::close() noexcept {
  if (std::exchange(closed_, true)) return;
  clear_deadline();
  net::Deferred::unlink();
}

}  // namespace kirsch::testing
