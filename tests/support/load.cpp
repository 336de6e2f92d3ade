// One thread, level-triggered epoll; blocking writes, because a request fits into any socket.
#include "support/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "support/client.h"
#include "support/uninterrupted.h"

namespace kirsch::test {
namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view good = "HTTP/1.1 200 ";

class Load {
 public:
  Load(const Server& server, std::size_t connections, std::size_t requests)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)), to_send_(requests), to_come_(requests) {
    Client first(server);
    first.send(request);
    answer_ = first.read().raw.size();
    for (std::size_t number = 0; number < connections; ++number) open(server.port());
  }
  ~Load() {
    for (const int socket : sockets_) ::close(socket);
    ::close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run() {
    for (std::size_t number = 0; number < sockets_.size(); ++number) ask(number);
    std::array<epoll_event, 64> events;
    while (to_come_ != 0) {
      const int ready = uninterrupted(
          [&] { return ::epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(patience.count())); });
      if (ready <= 0) throw std::runtime_error("answers do not come");
      for (int index = 0; index < ready; ++index) read(events[static_cast<std::size_t>(index)].data.u64);
    }
  }

 private:
  void open(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets_.push_back(socket);
    received_.push_back(0);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = sockets_.size() - 1;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) {
      throw std::runtime_error("no connection");
    }
  }

  void ask(std::size_t number) {
    if (to_send_ == 0) return;
    --to_send_;
    if (::send(sockets_[number], request.data(), request.size(), MSG_NOSIGNAL) != std::ssize(request)) {
      throw std::runtime_error("the server takes no request");
    }
  }

  void read(std::size_t number) {
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(sockets_[number], bytes.data(), bytes.size(), 0);
    if (size <= 0) throw std::runtime_error("the server ended a connection");
    std::size_t& received = received_[number];
    const std::string_view text(bytes.data(), std::min(good.size(), static_cast<std::size_t>(size)));
    if (received == 0 && text != good) throw std::runtime_error("the server answered " + std::string(text));
    received += static_cast<std::size_t>(size);
    if (received > answer_) throw std::runtime_error("an answer is longer than the first one");
    if (received < answer_) return;
    received = 0;
    --to_come_;
    ask(number);
  }

  const int epoll_;
  std::size_t to_send_, to_come_;
  std::size_t answer_ = 0;
  std::vector<int> sockets_;
  std::vector<std::size_t> received_;  // of the present answer
};

}  // namespace

void keep_busy(const Server& server, std::size_t connections, std::size_t requests) {
  Load(server, connections, requests).run();
}

}  // namespace kirsch::test
