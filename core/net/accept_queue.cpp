// Accepts, and keeps calm when that fails: a pause instead of a spin, one line a minute, recovery by itself.
#include "net/accept_queue.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "net/driver.h"
#include "net/loop.h"
#include "net/transport_pool.h"

namespace kirsch::net {
namespace {

constexpr std::uint64_t pause_milliseconds = 500;

base::UniqueFd open_spare() noexcept { return base::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

kirsch_address fixed_address(const Listener& listener) noexcept {
  return listener.address().wildcard() ? kirsch_address{} : listener.address().raw();
}

void read_away(int descriptor) noexcept {
  char bytes[16 * 1024];
  for (int count = 0; count < 16 && ::recv(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT) > 0; ++count) {
  }
}

// Closing over unread bytes would be a reset, which can cost the client the answer; it cannot be waited for.
void apologise(int descriptor, std::string_view text) noexcept {
  if (text.empty()) return;
  ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(descriptor, SHUT_WR);
  read_away(descriptor);
}

}  // namespace

AcceptQueue::AcceptQueue(Listener listener, Acceptor& acceptor, Taking taking, TransportPool& transports,
                         base::Log& log) noexcept
    : listener_(std::move(listener)),
      acceptor_(&acceptor),
      taking_(taking),
      transports_(transports),
      log_(log),
      local_(fixed_address(*listener_)),
      spare_(open_spare()) {}

int AcceptQueue::open() noexcept {
  const int error = transports_.driver().add(*this);
  closed_ = error != 0;
  return error;
}

void AcceptQueue::close() noexcept {
  if (std::exchange(closed_, true)) return;
  if (resume_timer_ == 0) transports_.driver().remove(*this);
  transports_.loop().cancel_timer(std::exchange(resume_timer_, 0));
  listener_.reset();
}

unsigned AcceptQueue::accept_waiting(unsigned limit) noexcept {
  unsigned count = 0;
  while (count < limit && !closed_ && accept_one()) ++count;
  return count;
}

void AcceptQueue::accepted(base::UniqueFd descriptor) noexcept { admit(std::move(descriptor), {}); }

// False: there is nothing to accept for now.
bool AcceptQueue::accept_one() noexcept {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  base::UniqueFd accepted(
      ::accept4(descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted) return survive(errno);
  admit(std::move(accepted), Address(peer, size).raw());
  return true;
}

bool AcceptQueue::survive(int error) noexcept {
  switch (error) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE:
      turn_away();
      return !pause(error);
    // Of the connection, which is gone, and not of the listener: accept(2) passes on what the network said about it.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
    case ETIMEDOUT:
      return true;
    default:
      return !pause(error);
  }
}

void AcceptQueue::admit(base::UniqueFd descriptor, const kirsch_address& peer) noexcept {
  SocketTransport* transport = transports_.create(std::move(descriptor), {peer, local_});
  if (transport == nullptr) {
    pause(ENOMEM);
    return;
  }
  transports_.driver().add(*transport);  // first: the acceptor may already send
  acceptor_->on_accept(*transport);
  assert(transport->closed() || transport->has_events());
}

void AcceptQueue::turn_away() noexcept {
  spare_.reset();
  base::UniqueFd client(::accept4(descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (client) apologise(client.get(), acceptor_->apology());
  client.reset();
  spare_ = open_spare();
}

bool AcceptQueue::pause(int error) noexcept {
  if (closed_ || resume_timer_ != 0) return true;
  const std::uint64_t timer = transports_.loop().start_timer(
      pause_milliseconds, [](void* self) { static_cast<AcceptQueue*>(self)->resume(); }, nullptr, this);
  if (timer == Timers::none) return false;
  resume_timer_ = timer;
  transports_.driver().remove(*this);  // may bring more, which may fail alike
  ++pauses_;
  const base::SteadyTime now = base::steady_now();
  if (now < next_line_) return true;
  next_line_ = now + std::chrono::minutes(1);
  tell(error);
  return true;
}

void AcceptQueue::tell(int error) noexcept try {
  log_.write(base::Level::warning, "net: cannot accept on " + listener_->address().text() + ": " +
                                       std::generic_category().message(error) + "; clients wait (" +
                                       std::to_string(std::exchange(pauses_, 0)) + " pauses since the last such line)");
} catch (const std::bad_alloc&) {
  // The next line will say it.
}

void AcceptQueue::resume() noexcept {
  resume_timer_ = 0;
  if (!spare_) spare_ = open_spare();
  if (const int error = transports_.driver().add(*this)) pause(error);  // the timer that has fired is free
}

}  // namespace kirsch::net
