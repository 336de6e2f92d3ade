// Sends a word through a pair of sockets and receives it as the driver would.
#include "net/uring_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/unique_fd.h"
#include "net/receive_buffers.h"
#include "net/ring.h"

namespace kirsch::net {
namespace {

constexpr std::string_view word = "kirsch";
constexpr std::uint64_t sending = 1;
constexpr std::uint64_t receiving = 2;

void ask(Ring& ring, int sender, int receiver) {
  io_uring_sqe& receive = ring.entry();
  io_uring_prep_recv_multishot(&receive, receiver, nullptr, 0, 0);
  receive.flags |= IOSQE_BUFFER_SELECT;
  receive.buf_group = ReceiveBuffers::group;
  receive.user_data = receiving;
  io_uring_sqe& send = ring.entry();
  io_uring_prep_send(&send, sender, word.data(), word.size(), MSG_NOSIGNAL | MSG_WAITALL);
  send.user_data = sending;
}

// What is wrong with an event, or nothing.
std::string fault(const Ring::Event& event, ReceiveBuffers& buffers) {
  const std::string what = event.user_data == sending ? "send" : "multishot receive";
  if (event.result < 0) return what + ": " + std::generic_category().message(-event.result);
  if (static_cast<std::size_t>(event.result) != word.size()) return what + ": short";
  if (event.user_data == sending) return {};
  if (!event.more() || (event.flags & IORING_CQE_F_BUFFER) == 0) return what + " does not go on";
  const auto bytes = buffers.bytes(event.flags >> IORING_CQE_BUFFER_SHIFT, word.size());
  return std::string_view(bytes.data(), bytes.size()) == word ? "" : what + ": other bytes";
}

std::optional<std::string> try_round_trip() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  const base::UniqueFd sender(pair[0]), receiver(pair[1]);
  Ring ring(8, 16);
  ReceiveBuffers buffers(ring, 8, 4096);
  if (const int error = ring.enable(); error != 0) {
    throw std::system_error(error, std::generic_category(), "io_uring_enable_rings");
  }
  ask(ring, sender.get(), receiver.get());
  int events = 0;
  for (int wait = 0; wait < 4 && events < 2; ++wait) {
    for (ring.wait(1000); ring.size() != 0; ++events) {
      std::string wrong = fault(ring.take(), buffers);
      if (!wrong.empty()) return wrong;
    }
  }
  if (events < 2) return "io_uring_enter: no answer";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> uring_obstacle() {
  try {
    return try_round_trip();
  } catch (const std::system_error& error) {
    const bool old = error.code().value() == EINVAL || error.code().value() == ENOSYS;
    return std::string(error.what()) + (old ? " (Linux 6.1 or newer is needed)" : "");
  }
}

}  // namespace kirsch::net
