// One portion after another, the transport that has waited longest first.
#include "net/file_turns.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "net/socket_transport.h"

namespace kirsch::net {

bool FileTurns::start(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept {
  const std::uint64_t size = size_of(head);
  const ssize_t sent = size == 0 || left_ == 0 ? 0 : send_some(transport.descriptor(), head, MSG_MORE);
  if (sent < 0 && errno != EAGAIN) {
    transport.fail_later(errno);
    return false;
  }
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  Output* const output = transport.keep(head, taken);
  if (output == nullptr) return false;
  output->file = file;
  return go_on(transport);
}

bool FileTurns::go_on(SocketTransport& transport) noexcept {
  Output& output = *transport.output();
  output.blocked = false;
  const int error = left_ == 0 ? 0 : output.send_file(transport.descriptor(), left_);
  if (error != 0) {
    transport.fail_later(error);
    return false;
  }
  if (output.file.size == 0) {
    transport.output_done();
    return false;
  }
  if (output.blocked) return true;
  try {
    waiting_.push_back(&transport);
  } catch (const std::bad_alloc&) {
    transport.fail_later(ENOMEM);
  }
  return false;
}

void FileTurns::leave(SocketTransport& transport) noexcept {
  if (transport.output() != nullptr && transport.output()->has_file()) std::erase(waiting_, &transport);
}

}  // namespace kirsch::net
