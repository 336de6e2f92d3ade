// One entry into the kernel per turn. Completion work is done in it, by the loop's own thread (DEFER_TASKRUN): between
// two entries the kernel touches nothing.
#include "net/ring.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <system_error>

namespace kirsch::net {
namespace {

// Like epoll's: tasks and timers have their turn after so many.
constexpr std::size_t events_per_turn = 512;
constexpr std::uint64_t owner_mask = ~std::uint64_t{15};

}  // namespace

Ring::Ring(unsigned entries, unsigned completions) {
  events_.reserve(events_per_turn);
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
                     IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  parameters.cq_entries = completions;
  const int error = ::io_uring_queue_init_params(entries, &ring_, &parameters);
  if (error < 0) throw std::system_error(-error, std::generic_category(), "io_uring_setup");
  const unsigned needed = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_SUBMIT_STABLE;
  if ((parameters.features & needed) == needed) return;
  ::io_uring_queue_exit(&ring_);
  throw std::system_error(ENOSYS, std::generic_category(), "io_uring features");
}

Ring::~Ring() { ::io_uring_queue_exit(&ring_); }

int Ring::enable() noexcept {
  // liburing 2.3 has a function for it, but its shared object does not export that.
  if (::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) < 0) return errno;
  ::io_uring_register_ring_fd(&ring_);  // saves a look-up per system call, where the kernel does it
  enabled_ = true;
  return 0;
}

io_uring_sqe& Ring::entry() noexcept {
  assert(has_room());
  for (;;) {
    if (io_uring_sqe* entry = ::io_uring_get_sqe(&ring_)) return *entry;
    // Fails only while the kernel has no memory, or wants room for events first.
    if (::io_uring_submit(&ring_) < 0) collect(events_per_turn);
  }
}

void Ring::withdraw(const void* owner) noexcept {
  const io_uring_sq& queue = ring_.sq;
  for (unsigned at = queue.sqe_head; at != queue.sqe_tail; ++at) {
    io_uring_sqe& entry = queue.sqes[at & queue.ring_mask];
    if ((entry.user_data & owner_mask) != reinterpret_cast<std::uintptr_t>(owner)) continue;
    io_uring_prep_nop(&entry);
    entry.user_data = 0;
  }
}

void Ring::submit() noexcept {
  if (::io_uring_sq_ready(&ring_) != 0) ::io_uring_submit(&ring_);
}

// Errors come back as no events; the loop goes round.
void Ring::wait(int milliseconds) noexcept {
  if (size() == 0) {
    events_.clear();
    taken_ = 0;
  }
  if (milliseconds == 0 || size() != 0) {
    ::io_uring_submit_and_get_events(&ring_);
  } else if (milliseconds < 0) {
    ::io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec limit{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
    io_uring_cqe* first = nullptr;
    ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  }
  collect(events_per_turn);
}

void Ring::wait_for_more() noexcept {
  ::io_uring_submit_and_wait(&ring_, 1);
  collect(SIZE_MAX);
}

void Ring::collect(std::size_t most) noexcept {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* event = nullptr;
  io_uring_for_each_cqe(&ring_, head, event) {
    if (count == most) break;
    events_.push_back({event->user_data, event->res, event->flags});
    ++count;
  }
  io_uring_cq_advance(&ring_, count);
}

}  // namespace kirsch::net
