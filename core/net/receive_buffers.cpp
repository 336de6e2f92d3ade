// One mapping: the ring of free buffers that the kernel reads, then the buffers. Pages that were never used cost
// nothing.
#include "net/receive_buffers.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "net/ring.h"

namespace kirsch::net {
namespace {

constexpr std::size_t page = 4096;

}  // namespace

ReceiveBuffers::ReceiveBuffers(Ring& ring, unsigned count, unsigned size) : count_(count), size_(size) {
  const std::size_t head = (count * sizeof(io_uring_buf) + page - 1) / page * page;
  mapped_ = head + count * size_;
  void* memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  ring_ = static_cast<io_uring_buf_ring*>(memory);
  data_ = static_cast<char*>(memory) + head;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = count;
  registration.bgid = group;
  if (const int error = ::io_uring_register_buf_ring(&ring.raw(), &registration, 0); error < 0) {
    ::munmap(memory, mapped_);
    throw std::system_error(-error, std::generic_category(), "io_uring_register_buf_ring");
  }
  io_uring_buf_ring_init(ring_);
  for (unsigned number = 0; number < count; ++number) give_back(number);
}

ReceiveBuffers::~ReceiveBuffers() { ::munmap(ring_, mapped_); }

void ReceiveBuffers::give_back(unsigned number) noexcept {
  io_uring_buf_ring_add(ring_, data_ + number * size_, static_cast<unsigned>(size_),
                        static_cast<unsigned short>(number), io_uring_buf_ring_mask(count_), 0);
  io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace kirsch::net
