// A bound, listening socket, made with Poco::Net. A server has one per loop and address; those of one address share its
// port.
#pragma once

#include <Poco/Net/ServerSocket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/address.h"

namespace kirsch::net {

class SocketFile;

// Whether a loop takes all connections of a listener that it can get, or leaves some to others that have the same
// socket: other loops, or other processes.
enum class Taking : std::uint8_t { all, in_turn };

// Copies are one socket, which is closed with the last of them.
class Listener {
 public:
  struct Settings {
    int backlog = 4096;                                 // the kernel lowers it to net.core.somaxconn
    unsigned unix_mode = 0660;                          // permissions of the file of a unix socket
    std::optional<unsigned> unix_owner = std::nullopt;  // that it is given to
    std::optional<unsigned> unix_group = std::nullopt;
  };

  // `count` listeners for `address`, one per loop. TCP: each its own socket (SO_REUSEPORT), but nobody else's: an
  // address on which another socket listens is refused even if that one would share it. Port 0: the kernel chooses
  // once, all have that port. "[::]" takes IPv4 too. A unix socket is one for all; a file that an earlier server left
  // is replaced if nobody answers there, and removed with the last copy. Throws base::Refusal with exit code
  // bind_or_permission.
  static std::vector<Listener> bind(const Address& address, unsigned count, const Settings& settings);
  static std::vector<Listener> bind(const Address& address, unsigned count = 1) {
    return bind(address, count, Settings());
  }
  // A socket that another process bound and listens on; the file of a unix socket stays its. Throws base::Refusal if it
  // is none.
  static Listener adopt(base::UniqueFd descriptor);

  // As it really is: the port that the kernel chose.
  const Address& address() const noexcept { return address_; }
  int descriptor() const noexcept;
  // The file of a unix socket stays when the last copy goes, because another process listens there now.
  void keep_file() noexcept;
  // The file of an adopted unix socket is removed with the last copy made from here on.
  void take_file();

 private:
  Listener(Poco::Net::ServerSocket socket, Address address, std::shared_ptr<SocketFile> file);
  static std::vector<Listener> bind_tcp(const Address& address, unsigned count, const Settings& settings);
  static std::vector<Listener> bind_unix(const Address& address, unsigned count, const Settings& settings);

  // Loops give their copies up on threads of their own, and TSan does not see how Poco counts.
  std::shared_ptr<Poco::Net::ServerSocket> socket_;
  Address address_;
  std::shared_ptr<SocketFile> file_;
};

}  // namespace kirsch::net
