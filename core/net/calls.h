// Receiving and sending without the cancellation points of the C library, which cost a thread of many two locked
// instructions per call: no thread of the server is ever cancelled.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace kirsch::net {

// As ::syscall, which moves six arguments by one place for each call.
template <class Second, class Third>
[[gnu::always_inline]] inline ssize_t system_call(long number, int socket, Second second, Third third,
                                                  long flags) noexcept {
#ifdef __x86_64__
  register long fourth asm("r10") = flags;
  register long fifth asm("r8") = 0;
  register long sixth asm("r9") = 0;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(static_cast<long>(socket)), "S"(second), "d"(third), "r"(fourth), "r"(fifth), "r"(sixth)
               : "rcx", "r11", "memory");
  if (result >= 0) [[likely]]
    return result;
  errno = static_cast<int>(-result);
  return -1;
#else
  return ::syscall(number, socket, second, third, flags, nullptr, nullptr);
#endif
}

// As the functions of the C library: -1 and errno.
inline ssize_t receive(int socket, void* to, std::size_t size, int flags) noexcept {
  return system_call(SYS_recvfrom, socket, to, size, flags);
}
inline ssize_t send(int socket, const void* from, std::size_t size, int flags) noexcept {
  return system_call(SYS_sendto, socket, from, size, flags);
}
inline ssize_t send(int socket, const msghdr& message, int flags) noexcept {
  return system_call(SYS_sendmsg, socket, &message, static_cast<long>(flags), 0);
}

}  // namespace kirsch::net
