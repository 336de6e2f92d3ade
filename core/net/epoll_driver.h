// The driver that is always there: level-triggered epoll, one receive per event into one buffer of the loop.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "base/unique_fd.h"
#include "net/driver.h"
#include "net/file_turns.h"

namespace kirsch::net {

class EpollDriver final : public Driver {
 public:
  // Throws base::Refusal when the system gives no descriptors.
  EpollDriver();

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
  void accept(AcceptQueue& queue) noexcept;
  void deliver(SocketTransport& transport, std::uint32_t events) noexcept;
  bool receive(SocketTransport& transport) noexcept;
  void check_quiet(SocketTransport& transport, std::uint32_t events) noexcept;
  void continue_output(SocketTransport& transport) noexcept;
  [[gnu::noinline]] bool go_on(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t size,
                               ssize_t sent) noexcept;
  void update_interest(SocketTransport& transport) noexcept;

  base::UniqueFd epoll_;
  base::UniqueFd wake_;
  FileTurns files_;
  int ready_ = 0;
  std::array<epoll_event, 512> events_;
  std::array<char, 65536> buffer_;
};

}  // namespace kirsch::net
