// SOCK_SEQPACKET: a message comes whole or not at all, and its descriptors with it (unix(7), SCM_RIGHTS).
#include "net/message_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/diagnostic.h"

namespace kirsch::net {
namespace {

constexpr int longest_send = 10'000;  // ms

bool ready(int socket, short events, int milliseconds) noexcept {
  pollfd entry{socket, events, 0};
  int result = 0;
  do {
    result = ::poll(&entry, 1, milliseconds);
  } while (result < 0 && errno == EINTR);
  return result > 0;
}

void take_descriptors(msghdr& header, std::vector<base::UniqueFd>& to) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + index * sizeof(int), sizeof(int));
      to.emplace_back(descriptor);
    }
  }
}

}  // namespace

std::optional<MessageChannel> MessageChannel::inherited(int descriptor) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) return std::nullopt;
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return MessageChannel(base::UniqueFd(descriptor));
}

std::pair<MessageChannel, MessageChannel> MessageChannel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw base::Refusal(
        base::Diagnostic{.code = "P001",
                         .message = "no socket to another server process: " + std::generic_category().message(errno),
                         .exit_code = base::ExitCode::internal});
  }
  return {MessageChannel(base::UniqueFd(ends[0])), MessageChannel(base::UniqueFd(ends[1]))};
}

bool MessageChannel::send(std::string_view type, std::string_view body, const std::vector<int>& descriptors) noexcept {
  char separator = '\n';
  body = body.substr(0, longest - type.size() - 1);
  std::array<iovec, 3> pieces{iovec{const_cast<char*>(type.data()), type.size()}, iovec{&separator, 1},
                              iovec{const_cast<char*>(body.data()), body.size()}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = pieces.data();
  header.msg_iovlen = pieces.size();
  if (!descriptors.empty()) {
    const std::size_t bytes = std::min(descriptors.size(), most_descriptors) * sizeof(int);
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(part), descriptors.data(), bytes);
  }
  for (;;) {
    if (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno != EAGAIN || !ready(socket_.get(), POLLOUT, longest_send)) return false;
  }
}

std::optional<Message> MessageChannel::receive(std::chrono::milliseconds patience) noexcept {
  if (ended_ || !ready(socket_.get(), POLLIN, static_cast<int>(patience.count()))) return std::nullopt;
  std::string text(longest, '\0');
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  iovec piece{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t size = 0;
  do {  // a peer that went without reading all is told once as ECONNRESET, before what it had sent
    size = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
  if (size < 0 && errno == EAGAIN) return std::nullopt;
  if (size <= 0) {
    ended_ = true;
    return std::nullopt;
  }
  Message message;
  take_descriptors(header, message.descriptors);
  if ((header.msg_flags & MSG_CTRUNC) != 0) message.descriptors.clear();
  text.resize(static_cast<std::size_t>(size));
  const std::size_t end = text.find('\n');
  message.type = text.substr(0, end);
  if (end != std::string::npos) message.body = text.substr(end + 1);
  return message;
}

}  // namespace kirsch::net
