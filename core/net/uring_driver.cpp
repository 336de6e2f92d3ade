// Whom an event concerns; accepting, waking, and the end of what is under way.
//
// An operation refers to its transport or queue by address. So neither leaves before the kernel has said its last word
// on all of theirs: a transport goes once it has (let_go), a queue waits for that, which takes no time after a cancel.
#include "net/uring_driver.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/diagnostic.h"
#include "net/accept_queue.h"
#include "net/socket_transport.h"

namespace kirsch::net {
namespace {

constexpr std::uint64_t operation_mask = 15;
static_assert(alignof(AcceptQueue) > operation_mask);
constexpr int longest_wait = 1000;

base::Refusal no_ring(const std::system_error& error) {
  base::Diagnostic diagnostic;
  diagnostic.code = "N003";
  diagnostic.message = std::string("an event loop cannot have an io_uring: ") + error.what();
  diagnostic.help = "say server: { driver: epoll }";
  diagnostic.exit_code = base::ExitCode::internal;
  return base::Refusal(std::move(diagnostic));
}

int new_event_descriptor() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

std::uint64_t owner_of(const Ring::Event& event) { return event.user_data & ~operation_mask; }

}  // namespace

UringDriver::UringDriver(const Sizes& sizes) try
    : wake_(new_event_descriptor()),
      ring_(sizes.entries, sizes.completions),
      buffers_(ring_, sizes.buffers, sizes.buffer),
      messages_(ring_.places()) {
  watch_wake();
} catch (const std::system_error& error) {
  throw no_ring(error);
}

void UringDriver::begin() noexcept {
  [[maybe_unused]] const int error = ring_.enable();
  assert(error == 0);  // of a ring that is disabled and nobody else's
}

void UringDriver::end() noexcept {
  while (leaving_ != 0) {
    wait(longest_wait);
    deliver();
  }
  ring_.submit();
}

void UringDriver::wait(int milliseconds) noexcept {
  if (!files_.empty() || !resumed_.empty()) milliseconds = 0;
  if (!files_.empty()) ring_.submit();  // what others wait for goes ahead
  files_.next([this](SocketTransport& transport) { watch_writable(transport); });
  ring_.wait(milliseconds);
}

void UringDriver::deliver() noexcept {
  while (ring_.size() != 0) handle(ring_.take());
  deliver_held();
}

void UringDriver::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop has been woken.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

// Each write is an event, and nobody needs to read the counter.
void UringDriver::watch_wake() noexcept {
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_poll_multishot(&entry, wake_.get(), POLLIN);
  entry.user_data = static_cast<std::uint32_t>(Operation::wake);
}

void UringDriver::handle(const Ring::Event& event) noexcept {
  const auto operation = static_cast<Operation>(event.user_data & operation_mask);
  if (operation == Operation::none) return;
  if (operation == Operation::wake) {
    if (!event.more()) watch_wake();
  } else if (operation == Operation::accept || operation == Operation::stop_accept) {
    auto& queue = *reinterpret_cast<AcceptQueue*>(owner_of(event));
    if (!event.more()) queue.driver_state() &= ~bit(operation);
    if (operation == Operation::accept) return accepted(queue, event);
    if (event.result < 0 && (queue.driver_state() & bit(Operation::accept)) != 0) stop_accepting(queue);
  } else {
    auto& transport = *reinterpret_cast<SocketTransport*>(owner_of(event));
    if (!event.more()) transport.driver_state() &= ~bit(operation);
    transport.closed() ? handle_closed(transport, operation, event) : handle(transport, operation, event);
  }
}

void UringDriver::handle(SocketTransport& transport, Operation operation, const Ring::Event& event) noexcept {
  switch (operation) {
    case Operation::receive:
      return received(transport, event);
    case Operation::send:
      return sent(transport, event.result);
    case Operation::writable:
      return writable(transport, event);
    case Operation::gone:
      return check_gone(transport, event);
    default:
      return;
  }
}

// Handles what comes for one owner, and waits for it, until the kernel is done with an operation. Other events keep
// their order.
template <class Owner>
void UringDriver::finish(Owner& owner, Operation operation) noexcept {
  for (std::size_t index = 0; (owner.driver_state() & bit(operation)) != 0; ++index) {
    while (index >= ring_.size()) ring_.wait_for_more();
    Ring::Event& event = ring_[index];
    if (owner_of(event) != reinterpret_cast<std::uintptr_t>(&owner)) continue;
    const Ring::Event taken = event;
    event.user_data = 0;
    handle(taken);
  }
}

void UringDriver::add(SocketTransport& transport) noexcept { update(transport); }

void UringDriver::remove(SocketTransport& transport) noexcept {
  held_.erase(&transport);
  files_.leave(transport);
  if (!ring_.enabled()) {
    ring_.withdraw(&transport);
    transport.driver_state() = 0;
  }
  const std::uint32_t left = transport.driver_state() & in_kernel;
  if (left == 0) return let_go(transport);
  ++leaving_;
  // Nearly always. By its name it is found at once; to look for all of a descriptor goes through those of all others.
  constexpr std::uint32_t receiving = bit(Operation::receive) | bit(Operation::stop);
  constexpr std::uint32_t watching = bit(Operation::writable) | bit(Operation::stop_watch);
  if ((left & ~(receiving | watching)) == 0) {
    stop_receiving(transport);
    return stop_watching(transport);
  }
  cancel(transport);
  // The memory of its output is the caller's again when this returns; the rest may take until the next turn.
  finish(transport, Operation::send);
}

void UringDriver::stop(SocketTransport& transport, Operation operation, Operation by) noexcept {
  const std::uint32_t state = transport.driver_state();
  if ((state & bit(operation)) == 0 || (state & bit(by)) != 0) return;
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_cancel64(&entry, reinterpret_cast<std::uintptr_t>(&transport) | static_cast<std::uint32_t>(operation),
                         0);
  mark(entry, by, transport);
}

void UringDriver::cancel(SocketTransport& transport) noexcept {
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_cancel_fd(&entry, transport.descriptor(), IORING_ASYNC_CANCEL_ALL);
  mark(entry, Operation::cancel, transport);
}

void UringDriver::handle_closed(SocketTransport& transport, Operation operation, const Ring::Event& event) noexcept {
  give_back(event);
  const std::uint32_t left = transport.driver_state() & in_kernel;
  const bool by_name = operation == Operation::stop || operation == Operation::stop_watch;
  const bool missed = (operation == Operation::cancel && event.result < std::popcount(left)) ||
                      (by_name && event.result < 0 && (left & bit(Operation::cancel)) == 0);
  if (left == 0) {
    --leaving_;
    let_go(transport);
  } else if (missed) {
    cancel(transport);  // one of them was between two states and not found
  }
}

// Closes in the next entry into the kernel: a call of its own would cost as much as all else that ends a connection.
void UringDriver::let_go(SocketTransport& transport) noexcept {
  if (ring_.enabled()) {
    io_uring_sqe& entry = ring_.entry();
    io_uring_prep_close(&entry, transport.give_up_descriptor());
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry.user_data = 0;
  }
  transport.let_go();
}

int UringDriver::add(AcceptQueue& queue) noexcept {
  if (!ring_.has_room()) return ENOBUFS;
  queue.driver_state() |= wanted;
  accept(queue);
  return 0;
}

// The kernel tells of a connection only him who has waited longest. A multishot accept waits for ever, so nobody else
// would hear of one, not even while its loop is stuck; an accept of one connection goes to the end of the line.
void UringDriver::accept(AcceptQueue& queue) noexcept {
  io_uring_sqe& entry = ring_.entry();
  constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  if (queue.taking() == Taking::all) {
    io_uring_prep_multishot_accept(&entry, queue.descriptor(), nullptr, nullptr, flags);
  } else {
    io_uring_prep_accept(&entry, queue.descriptor(), nullptr, nullptr, flags);
  }
  mark(entry, Operation::accept, queue);
}

void UringDriver::accepted(AcceptQueue& queue, const Ring::Event& event) noexcept {
  if (event.result >= 0) {
    queue.accepted(base::UniqueFd(event.result));
  } else if (event.result != -ECANCELED && !queue.survive(-event.result)) {
    return;
  }
  if ((queue.driver_state() & (wanted | bit(Operation::accept))) == wanted) accept(queue);
}

void UringDriver::remove(AcceptQueue& queue) noexcept {
  std::uint32_t& state = queue.driver_state();
  if ((state & wanted) == 0) return;
  state &= ~wanted;
  if (!ring_.enabled()) {
    ring_.withdraw(&queue);
    state = 0;
  }
  if ((state & bit(Operation::accept)) != 0) stop_accepting(queue);
  finish(queue, Operation::accept);
  finish(queue, Operation::stop_accept);
}

void UringDriver::stop_accepting(AcceptQueue& queue) noexcept {
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_cancel_fd(&entry, queue.descriptor(), 0);
  mark(entry, Operation::stop_accept, queue);
}

}  // namespace kirsch::net
