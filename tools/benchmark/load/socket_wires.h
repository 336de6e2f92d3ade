// Wires of TCP on io_uring: one system call per turn, whatever happens in it.
#pragma once

#include <liburing.h>
#include <netinet/in.h>

#include <cstdint>
#include <vector>

#include "load/wires.h"

namespace kirsch::load {

class SocketWires final : public Wires {
 public:
  // Throws std::system_error where there is no io_uring, or not enough memory for it.
  SocketWires(const sockaddr_in& server, std::size_t count);
  ~SocketWires() override;
  SocketWires(const SocketWires&) = delete;
  SocketWires& operator=(const SocketWires&) = delete;

  void use(WireUser& user) { user_ = &user; }

  void open(std::size_t wire) override;
  void send(std::size_t wire, std::string_view bytes) override;
  void close(std::size_t wire) override;
  void turn(Clock::time_point until) override;

 private:
  enum class Operation : std::uint8_t { connect, receive, send, close };
  struct Wire {
    int socket = -1;
    std::uint32_t life = 0;  // counts its connections: events of an earlier one concern nobody
    bool receiving = false;
  };

  void make_buffers();
  io_uring_sqe& entry();
  std::uint64_t mark(Operation operation, std::size_t wire) const;
  void receive(std::size_t wire);
  void handle(const io_uring_cqe& event);
  void received(std::size_t wire, const io_uring_cqe& event);
  void end(std::size_t wire, int error);
  void give_back(unsigned buffer);

  io_uring ring_{};
  io_uring_buf_ring* buffer_ring_ = nullptr;
  char* buffers_ = nullptr;
  sockaddr_in server_;
  std::vector<Wire> wires_;
  WireUser* user_ = nullptr;
};

}  // namespace kirsch::load
