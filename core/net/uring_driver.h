// The driver over io_uring: accepts and receives that stay armed, but for the first receive of a connection; what a
// turn sends and asks for leaves in one system call, which also waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "net/driver.h"
#include "net/file_turns.h"
#include "net/receive_buffers.h"
#include "net/ring.h"

namespace kirsch::net {

class UringDriver final : public Driver {
 public:
  struct Sizes {
    unsigned entries = 1024;      // of what is asked in a turn; more costs a further system call
    unsigned completions = 4096;  // more costs the kernel memory
    unsigned buffers = 256;       // what comes in a turn beyond them is received in the next
    unsigned buffer = 8192;       // a small request touches one page of it
  };

  // Throws base::Refusal when the system does not give all of it.
  UringDriver() : UringDriver(Sizes()) {}
  explicit UringDriver(const Sizes& sizes);

  void begin() noexcept override;
  void end() noexcept override;
  void wait(int milliseconds) noexcept override;
  void deliver() noexcept override;
  void wake() noexcept override;
  void add(SocketTransport& transport) noexcept override;
  void remove(SocketTransport& transport) noexcept override;
  void resume_reading(SocketTransport& transport) noexcept override;
  bool send(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t size) noexcept override;
  void send_file(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept override;
  int add(AcceptQueue& queue) noexcept override;
  void remove(AcceptQueue& queue) noexcept override;

 private:
  // What the kernel was asked for. Stands in the low bits of an event's user_data, beside the address of whom it
  // concerns, and is a bit of that one's driver_state until the kernel has said its last word on it.
  enum class Operation : std::uint32_t {
    none,
    wake,         // from another thread
    accept,       // all connections that come
    stop_accept,  //
    receive,      // all bytes that come, or the first ones
    stop,         // the end of `receive`
    gone,         // a hang-up while the transport does not read
    send,         //
    writable,     // room in the socket, each time that it has been full
    stop_watch,   // the end of `writable`
    cancel,       // the end of all that is under way for a transport
  };
  // What came for a transport that did not read.
  struct Held {
    std::vector<char> bytes;
    std::size_t delivered = 0;
    bool ended = false;
  };

  static constexpr std::uint32_t bit(Operation operation) { return 1U << static_cast<std::uint32_t>(operation); }
  // Further bits of driver_state: the queue is to accept; the transport has something in held_; both sides have ended;
  // it has been received from.
  static constexpr std::uint32_t wanted = 1U << 16;
  static constexpr std::uint32_t holding = 1U << 17;
  static constexpr std::uint32_t hung_up = 1U << 18;
  static constexpr std::uint32_t received_from = 1U << 19;
  static constexpr std::uint32_t in_kernel = wanted - 1;
  template <class Owner>
  static void mark(io_uring_sqe& entry, Operation operation, Owner& owner) noexcept;
  template <class Owner>
  void finish(Owner& owner, Operation operation) noexcept;

  void handle(const Ring::Event& event) noexcept;
  void handle(SocketTransport& transport, Operation operation, const Ring::Event& event) noexcept;
  void handle_closed(SocketTransport& transport, Operation operation, const Ring::Event& event) noexcept;
  void watch_wake() noexcept;
  void accept(AcceptQueue& queue) noexcept;
  void stop_accepting(AcceptQueue& queue) noexcept;
  void accepted(AcceptQueue& queue, const Ring::Event& event) noexcept;
  void cancel(SocketTransport& transport) noexcept;
  void let_go(SocketTransport& transport) noexcept;
  // Ends `operation` by its name; `by` is the operation that does.
  void stop(SocketTransport& transport, Operation operation, Operation by) noexcept;

  // Input (uring_driver_input.cpp)
  void update(SocketTransport& transport) noexcept;
  void receive(SocketTransport& transport) noexcept;
  void received(SocketTransport& transport, const Ring::Event& event) noexcept;
  void receive_end(SocketTransport& transport) noexcept;
  void stop_receiving(SocketTransport& transport) noexcept;
  void watch_gone(SocketTransport& transport) noexcept;
  void check_gone(SocketTransport& transport, const Ring::Event& event) noexcept;
  void hold(SocketTransport& transport, std::span<const char> bytes, bool ended) noexcept;
  void deliver_held() noexcept;
  void deliver_held(SocketTransport& transport) noexcept;
  void give_back(const Ring::Event& event) noexcept;

  // Output (uring_driver_output.cpp)
  void submit_send(SocketTransport& transport) noexcept;
  void sent(SocketTransport& transport, int result) noexcept;
  void wait_for_room(SocketTransport& transport) noexcept;
  void watch_writable(SocketTransport& transport) noexcept;
  void writable(SocketTransport& transport, const Ring::Event& event) noexcept;
  void stop_watching(SocketTransport& transport) noexcept;
  void go_on(SocketTransport& transport) noexcept;

  base::UniqueFd wake_;
  Ring ring_;
  ReceiveBuffers buffers_;
  FileTurns files_;
  std::vector<msghdr> messages_;                     // of entries with several pieces, by place
  std::unordered_map<SocketTransport*, Held> held_;  // few: whom the server makes wait
  std::vector<SocketTransport*> resumed_;            // those of them that read again
  std::size_t leaving_ = 0;                          // removed and not let go
};

template <class Owner>
void UringDriver::mark(io_uring_sqe& entry, Operation operation, Owner& owner) noexcept {
  entry.user_data = reinterpret_cast<std::uintptr_t>(&owner) | static_cast<std::uint32_t>(operation);
  owner.driver_state() |= bit(operation);
}

}  // namespace kirsch::net
