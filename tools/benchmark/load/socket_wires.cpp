// Its own io_uring and not that of the server: a change there must not change how it is measured.
#include "load/socket_wires.h"

#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace kirsch::load {
namespace {

constexpr unsigned entries = 4096;
constexpr unsigned buffer_count = 256;
constexpr std::size_t buffer_size = 16 * 1024;
constexpr std::size_t ring_size = buffer_count * sizeof(io_uring_buf);
constexpr std::size_t mapped = ring_size + buffer_count * buffer_size;
constexpr std::size_t wires_per_source = 20'000;  // below the number of ports that one address has
constexpr auto spin = std::chrono::microseconds(60);

std::system_error fault(int error, const char* what) { return {error, std::generic_category(), what}; }

// 127.0.0.1, and for the next twenty thousand 127.0.0.2: only on loopback, where all of them are this machine.
sockaddr_in source_of(std::size_t wire) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(wire / wires_per_source));
  return address;
}

}  // namespace

SocketWires::SocketWires(const sockaddr_in& server, std::size_t count) : server_(server), wires_(count) {
  io_uring_params parameters{};
  parameters.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  parameters.cq_entries = 4 * entries;
  if (const int error = ::io_uring_queue_init_params(entries, &ring_, &parameters); error < 0) {
    throw fault(-error, "io_uring_setup");
  }
  ::io_uring_register_ring_fd(&ring_);  // saves a look-up per system call, where the kernel does it
  make_buffers();
}

SocketWires::~SocketWires() {
  for (const Wire& wire : wires_) {
    if (wire.socket >= 0) ::close(wire.socket);
  }
  ::io_uring_queue_exit(&ring_);
  if (buffer_ring_ != nullptr) ::munmap(buffer_ring_, mapped);
}

void SocketWires::make_buffers() {
  void* memory = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw fault(errno, "mmap");
  buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
  buffers_ = static_cast<char*>(memory) + ring_size;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = buffer_count;
  if (const int error = ::io_uring_register_buf_ring(&ring_, &registration, 0); error < 0) {
    throw fault(-error, "io_uring_register_buf_ring");
  }
  io_uring_buf_ring_init(buffer_ring_);
  for (unsigned number = 0; number < buffer_count; ++number) give_back(number);
}

void SocketWires::give_back(unsigned buffer) {
  ::io_uring_buf_ring_add(buffer_ring_, buffers_ + buffer * buffer_size, static_cast<unsigned>(buffer_size),
                          static_cast<unsigned short>(buffer), io_uring_buf_ring_mask(buffer_count), 0);
  ::io_uring_buf_ring_advance(buffer_ring_, 1);
}

io_uring_sqe& SocketWires::entry() {
  io_uring_sqe* entry = nullptr;
  while ((entry = ::io_uring_get_sqe(&ring_)) == nullptr) ::io_uring_submit(&ring_);
  return *entry;
}

// Operation 8 bits, life 24, wire 32.
std::uint64_t SocketWires::mark(Operation operation, std::size_t wire) const {
  return static_cast<std::uint64_t>(operation) << 56 | static_cast<std::uint64_t>(wires_[wire].life & 0xFFFFFF) << 32 |
         wire;
}

void SocketWires::open(std::size_t wire) {
  Wire& opened = wires_[wire];
  opened.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (opened.socket < 0) throw fault(errno, "socket");
  const int yes = 1;
  ::setsockopt(opened.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (wire >= wires_per_source) {
    const sockaddr_in source = source_of(wire);
    ::setsockopt(opened.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (::bind(opened.socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
      throw fault(errno, "bind");
  }
  io_uring_sqe& connect = entry();
  ::io_uring_prep_connect(&connect, opened.socket, reinterpret_cast<const sockaddr*>(&server_), sizeof server_);
  connect.user_data = mark(Operation::connect, wire);
}

void SocketWires::receive(std::size_t wire) {
  io_uring_sqe& receive = entry();
  ::io_uring_prep_recv_multishot(&receive, wires_[wire].socket, nullptr, 0, 0);
  receive.flags |= IOSQE_BUFFER_SELECT;
  receive.user_data = mark(Operation::receive, wire);
  wires_[wire].receiving = true;
}

// The kernel goes on until all is sent; only what fails is heard of.
void SocketWires::send(std::size_t wire, std::string_view bytes) {
  io_uring_sqe& send = entry();
  ::io_uring_prep_send(&send, wires_[wire].socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
  send.flags |= IOSQE_CQE_SKIP_SUCCESS;
  send.user_data = mark(Operation::send, wire);
}

// A receive that is under way holds the socket open, so it is shut down first.
void SocketWires::close(std::size_t wire) {
  Wire& closed = wires_[wire];
  if (closed.socket < 0) return;
  if (closed.receiving) ::shutdown(closed.socket, SHUT_RDWR);
  io_uring_sqe& close = entry();
  ::io_uring_prep_close(&close, closed.socket);
  close.flags |= IOSQE_CQE_SKIP_SUCCESS;
  close.user_data = mark(Operation::close, wire);
  closed = {.life = closed.life + 1};
}

void SocketWires::end(std::size_t wire, int error) {
  close(wire);
  user_->ended(wire, error);
}

void SocketWires::turn(Clock::time_point until) {
  const auto left = until - Clock::now();
  io_uring_cqe* first = nullptr;
  if (left < spin) {
    ::io_uring_submit_and_get_events(&ring_);
  } else {
    const auto nanoseconds = std::chrono::nanoseconds(left).count();
    __kernel_timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  }
  std::array<io_uring_cqe*, 256> events;
  while (const unsigned count = ::io_uring_peek_batch_cqe(&ring_, events.data(), events.size())) {
    for (unsigned index = 0; index < count; ++index) handle(*events[index]);
    ::io_uring_cq_advance(&ring_, count);
    if (count < events.size()) break;
  }
}

void SocketWires::handle(const io_uring_cqe& event) {
  const auto operation = static_cast<Operation>(event.user_data >> 56);
  const auto wire = static_cast<std::size_t>(event.user_data & 0xFFFFFFFF);
  const bool present = (wires_[wire].life & 0xFFFFFF) == (event.user_data >> 32 & 0xFFFFFF);
  if (operation == Operation::receive && (event.flags & IORING_CQE_F_BUFFER) != 0 && !present) {
    give_back(event.flags >> IORING_CQE_BUFFER_SHIFT);
  }
  if (!present || operation == Operation::close) return;
  if (operation == Operation::connect) {
    if (event.res < 0) return end(wire, -event.res);
    receive(wire);
    user_->opened(wire);
  } else if (operation == Operation::receive) {
    received(wire, event);
  } else if (event.res < 0 && event.res != -EPIPE && event.res != -ECONNRESET) {
    end(wire, -event.res);  // of the other two the receive tells, behind the last bytes
  }
}

void SocketWires::received(std::size_t wire, const io_uring_cqe& event) {
  const auto life = wires_[wire].life;
  if ((event.flags & IORING_CQE_F_MORE) == 0) wires_[wire].receiving = false;
  if ((event.flags & IORING_CQE_F_BUFFER) != 0) {
    const unsigned buffer = event.flags >> IORING_CQE_BUFFER_SHIFT;
    if (event.res > 0) {
      user_->received(wire, {buffers_ + buffer * buffer_size, static_cast<std::size_t>(event.res)});
    }
    give_back(buffer);
  }
  if (wires_[wire].life != life) return;
  if (event.res <= 0 && event.res != -ENOBUFS) return end(wire, -event.res);
  if (!wires_[wire].receiving) receive(wire);
}

}  // namespace kirsch::load
