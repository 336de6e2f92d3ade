// The writing half of a TLS connection: a send becomes portions, a portion becomes records, and one portion is under
// way.
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/tls/layer.h"
#include "net/tls/plaintext.h"
#include "net/tls/transport.h"

namespace kirsch::net::tls {
namespace {

// While the congestion window may still be small a record fits into one packet, so that the client can read it before
// the next one comes; later, large records cost less. A pause makes it begin anew, as the window does.
constexpr std::size_t first_record = 1400;
constexpr std::size_t first_window = 10 * first_record;
constexpr std::chrono::seconds pause{1};

}  // namespace

void TlsTransport::send(std::span<const iovec> pieces) noexcept {
  assert(state_ == State::open && !sending_ && !shutdown_wanted_);
  sending_ = true;
  Plaintext plaintext(pieces);
  if (!lower_sends_) send_portion(plaintext);
  if (plaintext.empty()) return;
  rest_.next = 0;
  with_memory([&] { plaintext.move_to(rest_.pieces); });
}

bool TlsTransport::send_at_once(std::span<const iovec> pieces) noexcept {
  if (lower_sends_ || size_of(pieces) > Layer::portion) {
    send(pieces);
    return false;
  }
  assert(state_ == State::open && !sending_ && !shutdown_wanted_);
  sending_ = true;
  Plaintext plaintext(pieces);
  if (!encrypt_portion(plaintext)) return false;
  lower_sends_ = true;
  const iovec piece{block_.data(), block_.size()};
  if (!lower_.send_at_once({&piece, 1})) return false;
  lower_sends_ = sending_ = false;
  layer_.give_block(std::move(block_));
  return true;
}

void TlsTransport::send_file(std::span<const iovec> head, const FileRange& file) noexcept {
  if (file.size == 0) return send(head);
  assert(state_ == State::open && !sending_ && !shutdown_wanted_);
  sending_ = true;
  rest_.next = 0;
  if (!with_memory([&] { rest_.pieces.assign(head.begin(), head.end()); })) return;
  rest_.file = file;
  if (!lower_sends_) continue_output();
}

// Records are a little longer than what they carry.
std::uint64_t TlsTransport::unsent() const noexcept {
  if (events_ == nullptr || error_ != 0) return unsent_;
  if (!sending_) return 0;
  const std::uint64_t under_way = block_.empty() ? 0 : lower_.unsent() * portion_ / block_.size();
  return rest_.size() + under_way;
}

void TlsTransport::on_sent() {
  lower_sends_ = false;
  layer_.give_block(std::move(block_));
  if (state_ == State::ending) return send_last();
  if (state_ == State::leaving) {
    lower_.close();
    return retire();
  }
  if (!rest_.empty()) return continue_output();
  if (std::exchange(sending_, false)) events_->on_sent();
  if (gone()) return;
  if (state_ == State::open && shutdown_wanted_ && !shutdown_done_ && !sending_) return end_output();
  flush_replies();
}

void TlsTransport::continue_output() noexcept {
  if (rest_.has_file()) return continue_file();
  Plaintext plaintext(rest_.pieces);
  send_portion(plaintext);
  std::vector<iovec> left;
  if (!with_memory([&] { plaintext.move_to(left); })) return;
  rest_.pieces.swap(left);
}

// The protocol has seen to it that the pages are there. What goes ahead of them shares their first record.
void TlsTransport::continue_file() noexcept {
  const std::span<char> all = layer_.outgoing();
  std::span<char> room = all;
  for (const iovec& piece : rest_.rest()) {
    const std::size_t size = std::min(piece.iov_len, room.size());
    std::memcpy(room.data(), piece.iov_base, size);
    room = room.subspan(size);
  }
  rest_.consume(all.size() - room.size());
  if (!room.empty()) {
    FileRange& file = rest_.file;
    ssize_t size = 0;
    do {
      size = ::pread(file.descriptor, room.data(), std::min<std::uint64_t>(room.size(), file.size),
                     static_cast<off_t>(file.offset));
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return fail_later(size == 0 ? EIO : errno);
    room = room.subspan(static_cast<std::size_t>(size));
    file.offset += static_cast<std::uint64_t>(size);
    file.size -= static_cast<std::uint64_t>(size);
    if (file.size == 0) rest_.clear();
  }
  const iovec piece{all.data(), all.size() - room.size()};
  Plaintext plaintext({&piece, 1});
  send_portion(plaintext);
}

std::size_t TlsTransport::record_size() noexcept {
  return burst_ < first_window ? first_record : Session::largest_record;
}

// Into block_, behind the replies that wait. False: the session is broken.
bool TlsTransport::encrypt_portion(Plaintext& plaintext) noexcept {
  const base::SteadyTime now = loop().now();
  if (now - last_send_ > pause) burst_ = 0;
  last_send_ = now;
  const bool room = with_memory([&] {
    block_ = layer_.take_block();
    block_.insert(block_.end(), replies_.begin(), replies_.end());
  });
  if (!room) return false;
  if (replies_.capacity() != 0) std::vector<char>().swap(replies_);
  Wire wire{{}, block_};
  std::size_t sent = 0;
  while (sent < Layer::portion && !plaintext.empty()) {
    const auto record = plaintext.take(std::min(record_size(), Layer::portion - sent), layer_.outgoing());
    if (!session_->write(wire, record)) {
      fail_later(EPROTO);
      return false;
    }
    sent += record.size();
    burst_ = static_cast<std::uint32_t>(std::min(burst_ + record.size(), first_window));
  }
  portion_ = static_cast<std::uint32_t>(sent);
  return true;
}

void TlsTransport::send_portion(Plaintext& plaintext) noexcept {
  if (encrypt_portion(plaintext)) send_block();
}

void TlsTransport::send_block() noexcept {
  lower_sends_ = true;
  const iovec piece{block_.data(), block_.size()};
  lower_.send({&piece, 1});
}

// What the library says by itself: handshake, tickets, alerts.
void TlsTransport::flush_replies() noexcept {
  if (lower_sends_ || replies_.empty()) return;
  portion_ = 0;
  block_ = std::exchange(replies_, {});
  send_block();
}

void TlsTransport::fail_later(int error) noexcept {
  unsent_ = unsent();
  error_ = error;
  rest_.clear();
  loop().at_end_of_turn(*this);
}

void TlsTransport::shutdown_write() noexcept {
  if (state_ != State::open || std::exchange(shutdown_wanted_, true)) return;
  if (!sending_ && !lower_sends_) end_output();
}

void TlsTransport::say_goodbye() noexcept {
  Wire wire{{}, replies_};
  session_->close(wire);
  shutdown_done_ = true;
  flush_replies();
}

void TlsTransport::end_output() noexcept {
  say_goodbye();
  lower_.shutdown_write();
}

void TlsTransport::send_last() noexcept {
  flush_replies();
  lower_.shutdown_write();
}

}  // namespace kirsch::net::tls
