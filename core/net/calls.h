// Receiving and sending without the cancellation points of the C library, which cost a thread of many two locked
// instructions per call: no thread of the server is ever cancelled.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace kirsch::net {

// As the functions of the C library: -1 and errno.
inline ssize_t receive(int socket, void* to, std::size_t size, int flags) noexcept {
  return ::syscall(SYS_recvfrom, socket, to, size, flags, nullptr, nullptr);
}
inline ssize_t send(int socket, const void* from, std::size_t size, int flags) noexcept {
  return ::syscall(SYS_sendto, socket, from, size, flags, nullptr, 0);
}
inline ssize_t send(int socket, const msghdr& message, int flags) noexcept {
  return ::syscall(SYS_sendmsg, socket, &message, flags);
}

}  // namespace kirsch::net
