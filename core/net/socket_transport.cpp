// What a connection does when its protocol or its driver says something.
#include "net/socket_transport.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <new>
#include <utility>

#include "net/address.h"
#include "net/driver.h"
#include "net/transport_pool.h"

namespace kirsch::net {
namespace {

// Unknown where the system does not know it any more.
kirsch_address asked(int descriptor, int (*ask)(int, sockaddr*, socklen_t*)) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (ask(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Address(storage, size).raw();
}

}  // namespace

void SocketTransport::begin_output(std::uint64_t size) noexcept {
  assert(may_send());
  sending_ = true;
  unsent_ = size;
}

void SocketTransport::send(std::span<const iovec> pieces) noexcept {
  const std::uint64_t size = size_of(pieces);
  begin_output(size);
  if (size == 0 || pool_.driver().send(*this, pieces, size)) output_done();
}

bool SocketTransport::send_at_once(std::span<const iovec> pieces) noexcept {
  assert(may_send());
  const std::uint64_t size = size_of(pieces);
  if (pool_.driver().send(*this, pieces, size)) return true;
  sending_ = true;
  unsent_ = size;
  return false;
}

void SocketTransport::send_file(std::span<const iovec> head, const FileRange& file) noexcept {
  if (file.size == 0) return send(head);
  begin_output(size_of(head) + file.size);
  pool_.driver().send_file(*this, head, file);
}

std::uint64_t SocketTransport::unacknowledged() const noexcept {
  int size = 0;
  return ::ioctl(descriptor_.get(), SIOCOUTQ, &size) == 0 ? static_cast<std::uint64_t>(size) : 0;
}

void SocketTransport::resume_reading() noexcept {
  if (!paused_) return;
  paused_ = false;
  if (!closed_ && !ended_) pool_.driver().resume_reading(*this);
}

void SocketTransport::set_deadline(base::SteadyTime due) noexcept { pool_.wheel().set(*this, due); }

void SocketTransport::clear_deadline() noexcept { pool_.wheel().clear(*this); }

void SocketTransport::shutdown_write() noexcept {
  if (shutdown_wanted_ || closed_) return;
  shutdown_wanted_ = true;
  if (!sending_) ::shutdown(descriptor_.get(), SHUT_WR);
}

void SocketTransport::close() noexcept {
  if (!closed_) retire();
}

void SocketTransport::abort() noexcept {
  if (closed_) return;
  const linger reset{1, 0};
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  retire();
}

Loop& SocketTransport::loop() const noexcept { return pool_.loop(); }

const Addresses& SocketTransport::ask_addresses() const noexcept {
  if (addresses_.peer.family == 0) addresses_.peer = asked(descriptor_.get(), ::getpeername);
  if (addresses_.local.family == 0) addresses_.local = asked(descriptor_.get(), ::getsockname);
  return addresses_;
}

void SocketTransport::ended() {
  ended_ = true;
  events_->on_end();
}

void SocketTransport::lost(int error) {
  TransportEvents& events = *events_;
  retire();
  events.on_lost(error);
}

Output* SocketTransport::keep(std::span<const iovec> pieces, std::size_t begin) noexcept {
  try {
    output_ = &pool_.take_output();
    output_->pieces.assign(pieces.begin(), pieces.end());
  } catch (const std::bad_alloc&) {
    drop_output();
    fail_later(ENOMEM);
    return nullptr;
  }
  output_->consume(begin);
  return output_;
}

void SocketTransport::drop_output() noexcept {
  if (output_ != nullptr) pool_.give_output(*std::exchange(output_, nullptr));
}

void SocketTransport::output_done() noexcept {
  drop_output();
  unsent_ = 0;
  report_later();
}

void SocketTransport::finish_output() {
  drop_output();
  unsent_ = 0;
  report();
}

void SocketTransport::fail_later(int error) noexcept {
  error_ = static_cast<std::uint16_t>(error);
  report_later();
}

void SocketTransport::report_later() noexcept {
  if (!reports_) pool_.report_later(*this);
  reports_ = true;
}

void SocketTransport::report() {
  reports_ = false;
  if (closed_) return;
  if (error_ != 0) return lost(error_);
  sending_ = false;
  if (shutdown_wanted_) ::shutdown(descriptor_.get(), SHUT_WR);
  events_->on_sent();
}

void SocketTransport::retire() noexcept {
  closed_ = true;
  Deadline::unlink();
  pool_.retire();
  pool_.driver().remove(*this);
}

void SocketTransport::let_go() noexcept {
  unsent_ = unsent();
  drop_output();
  descriptor_.reset();
  pool_.take_back(*this);
}

}  // namespace kirsch::net
