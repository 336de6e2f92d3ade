// The two queues of an io_uring: what the kernel is asked for, and what it says.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kirsch::net {

// The thread that calls enable, except where said.
class Ring {
 public:
  struct Event {
    std::uint64_t user_data;
    std::int32_t result;
    std::uint32_t flags;
    bool more() const noexcept { return (flags & IORING_CQE_F_MORE) != 0; }
  };

  // Any thread. `completions` is what the kernel keeps without further memory. Throws std::system_error.
  Ring(unsigned entries, unsigned completions);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  io_uring& raw() noexcept { return ring_; }
  // From here on the kernel takes entries, from this thread only. An errno, or 0.
  int enable() noexcept;
  bool enabled() const noexcept { return enabled_; }

  // Before enable on any one thread, while has_room. Afterwards there is always one: a full queue is submitted.
  io_uring_sqe& entry() noexcept;
  bool has_room() const noexcept { return enabled_ || io_uring_sq_space_left(&ring_) != 0; }
  // The place of an entry: nobody else has it before this one is submitted.
  std::size_t place(const io_uring_sqe& entry) const noexcept {
    return static_cast<std::size_t>(&entry - ring_.sq.sqes);
  }
  std::size_t places() const noexcept { return ring_.sq.ring_entries; }
  // Makes entries that are not submitted, and whose user_data is that address or one of the 15 behind it, do nothing.
  void withdraw(const void* owner) noexcept;

  // Makes the kernel begin what it was asked for until now.
  void submit() noexcept;
  // Submits, and waits for events as Driver::wait: one system call.
  void wait(int milliseconds) noexcept;
  // Submits, and waits for at least one more event, whatever is already here.
  void wait_for_more() noexcept;
  // The events that are here and were not taken, from 0. A reference lasts until the next wait.
  std::size_t size() const noexcept { return events_.size() - taken_; }
  Event& operator[](std::size_t index) noexcept { return events_[taken_ + index]; }
  Event take() noexcept { return events_[taken_++]; }

 private:
  void collect(std::size_t most) noexcept;

  io_uring ring_{};
  bool enabled_ = false;
  std::vector<Event> events_;
  std::size_t taken_ = 0;
};

}  // namespace kirsch::net
