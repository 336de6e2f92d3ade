// Where systemd listens for the state of a service (sd_notify(3)): datagrams of lines NAME=value.
#pragma once

#include <string>
#include <string_view>

namespace systemd {

class NotifySocket {
 public:
  // `address` is a path, or @name in the abstract namespace. Throws std::runtime_error for anything else.
  explicit NotifySocket(std::string_view address);
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket();

  // Any thread. Waits a second at most for room. False: it was not taken.
  bool send(std::string_view lines) const noexcept;
  // The same, but never waits.
  bool try_send(std::string_view lines) const noexcept;

 private:
  bool send(std::string_view lines, int flags) const noexcept;

  std::string address_;  // as the kernel wants it: a leading zero for the abstract namespace
  int socket_;
};

}  // namespace systemd
