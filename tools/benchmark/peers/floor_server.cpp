// The least that a server of one thread can cost: what arrives is a request, and a fixed answer leaves. No parsing, no
// limits, no deadlines. What a server costs beyond it is the server's own. With `close` each connection gets one
// answer. Usage: bench_floor PORT epoll|uring BODY [close | CERTIFICATE KEY]
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t most_bytes = 16384;

void check(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// What one client sends and gets, over TLS or not.
class Client {
 public:
  Client(SSL_CTX* tls, const std::string& answer) : answer_(answer) {
    if (tls == nullptr) return;
    tls_.reset(SSL_new(tls));
    SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(tls_.get());
  }

  // The bytes that leave for what arrived; they are valid until the next call. `arrived` is overwritten.
  std::string_view take(std::string_view arrived) {
    if (!tls_) return answer_;
    if (gone_ != 0) BIO_reset(SSL_get_wbio(tls_.get()));
    BIO_write(SSL_get_rbio(tls_.get()), arrived.data(), static_cast<int>(arrived.size()));
    do {  // not once more to hear that there is nothing
      if (SSL_read(tls_.get(), request_.data(), request_.size()) <= 0) break;
      SSL_write(tls_.get(), answer_.data(), static_cast<int>(answer_.size()));
    } while (BIO_pending(SSL_get_rbio(tls_.get())) != 0 || SSL_has_pending(tls_.get()) != 0);
    char* bytes = nullptr;
    gone_ = static_cast<std::size_t>(BIO_get_mem_data(SSL_get_wbio(tls_.get()), &bytes));
    return {bytes, gone_};
  }

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  static inline std::array<char, most_bytes> request_;
  const std::string& answer_;
  std::unique_ptr<SSL, Free> tls_;
  std::size_t gone_ = 0;
};

struct Server {
  int listener = -1;
  SSL_CTX* tls = nullptr;
  bool closes = false;  // behind an answer
  std::string answer;
  std::vector<std::unique_ptr<Client>> clients;  // by descriptor

  Client& at(int socket) { return *clients[static_cast<std::size_t>(socket)]; }
  void add(int socket) {
    const auto place = static_cast<std::size_t>(socket);
    if (clients.size() <= place) clients.resize(place + 1);
    clients[place] = std::make_unique<Client>(tls, answer);
  }
  void forget(int socket) { clients[static_cast<std::size_t>(socket)].reset(); }
  void end(int socket) {
    forget(socket);
    ::close(socket);
  }
};

[[noreturn]] void serve_with_epoll(Server& server) {
  const int epoll = ::epoll_create1(0);
  const auto watch = [epoll](int socket) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = socket;
    check(::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0, "epoll_ctl");
  };
  watch(server.listener);
  std::array<epoll_event, 256> events;
  std::array<char, most_bytes> buffer;
  for (;;) {
    const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int index = 0; index < ready; ++index) {
      const int socket = events[static_cast<std::size_t>(index)].data.fd;
      if (socket == server.listener) {
        const int client = ::accept4(socket, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        server.add(client);
        watch(client);
        continue;
      }
      const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
      if (size > 0) {
        const auto out = server.at(socket).take({buffer.data(), static_cast<std::size_t>(size)});
        if (!out.empty()) ::send(socket, out.data(), out.size(), MSG_NOSIGNAL);
      }
      if (size <= 0 || server.closes) server.end(socket);
    }
  }
}

class RingServer {
 public:
  explicit RingServer(Server& server) : server_(server) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 8192;
    check(io_uring_queue_init_params(1024, &ring_, &parameters) == 0, "io_uring_queue_init_params");
    void* memory = nullptr;
    check(::posix_memalign(&memory, 4096, buffers * sizeof(io_uring_buf)) == 0, "posix_memalign");
    pool_ = static_cast<io_uring_buf_ring*>(memory);
    io_uring_buf_ring_init(pool_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(pool_);
    registration.ring_entries = buffers;
    check(io_uring_register_buf_ring(&ring_, &registration, 0) == 0, "io_uring_register_buf_ring");
    for (unsigned short number = 0; number < buffers; ++number) give(number);
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    io_uring_prep_multishot_accept(entry, server.listener, nullptr, nullptr, 0);
    io_uring_sqe_set_data64(entry, accepting);
  }

  [[noreturn]] void serve() {
    for (;;) {
      io_uring_submit_and_wait(&ring_, 1);
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* event = nullptr;
      io_uring_for_each_cqe(&ring_, head, event) {
        ++count;
        handle(*event);
      }
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  static constexpr unsigned short buffers = 256;
  static constexpr std::size_t buffer_size = 8192;
  static constexpr std::uint64_t accepting = ~std::uint64_t{0}, sending = accepting - 1;

  char* buffer(unsigned number) { return memory_.data() + number * buffer_size; }

  void give(unsigned short number) {
    io_uring_buf_ring_add(pool_, buffer(number), buffer_size, number, io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(pool_, 1);
  }

  io_uring_sqe* entry() {
    if (io_uring_sqe* free = io_uring_get_sqe(&ring_)) return free;
    io_uring_submit(&ring_);
    return io_uring_get_sqe(&ring_);
  }

  void receive(int socket) {
    io_uring_sqe* entry = this->entry();
    if (server_.closes) {
      io_uring_prep_recv(entry, socket, nullptr, 0, 0);
    } else {
      io_uring_prep_recv_multishot(entry, socket, nullptr, 0, 0);
    }
    entry->flags |= IOSQE_BUFFER_SELECT;
    io_uring_sqe_set_data64(entry, static_cast<std::uint64_t>(socket));
  }

  // Behind the send that is linked with it.
  void close(int socket) {
    server_.forget(socket);
    io_uring_sqe* entry = this->entry();
    io_uring_prep_close(entry, socket);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, sending);
  }

  void handle(const io_uring_cqe& event) {
    if (event.user_data == sending) return;
    if (event.user_data == accepting) {
      if (event.res < 0) return;
      server_.add(event.res);
      return receive(event.res);
    }
    const auto socket = static_cast<int>(event.user_data);
    if (event.res > 0) {
      const auto number = static_cast<unsigned short>(event.flags >> IORING_CQE_BUFFER_SHIFT);
      const auto out = server_.at(socket).take({buffer(number), static_cast<std::size_t>(event.res)});
      give(number);
      if (!out.empty()) {
        io_uring_sqe* entry = this->entry();
        io_uring_prep_send(entry, socket, out.data(), out.size(), MSG_NOSIGNAL);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS | (server_.closes ? IOSQE_IO_HARDLINK : 0U);
        io_uring_sqe_set_data64(entry, sending);
      }
      if (server_.closes) return close(socket);
      if ((event.flags & IORING_CQE_F_MORE) == 0) receive(socket);
    } else {
      server_.end(socket);
    }
  }

  Server& server_;
  io_uring ring_{};
  io_uring_buf_ring* pool_ = nullptr;
  std::vector<char> memory_ = std::vector<char>(buffers * buffer_size);
};

int listening(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // of those that it accepts
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "bind");
  check(::listen(socket, 4096) == 0, "listen");
  return socket;
}

SSL_CTX* with_certificate(const char* certificate, const char* key) {
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  check(SSL_CTX_use_certificate_chain_file(tls, certificate) == 1, "the certificate");
  check(SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1, "the key");
  return tls;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4 || count > 6 || (count == 5 && words[4] != std::string_view("close"))) {
    std::fputs("usage: bench_floor PORT epoll|uring BODY [close | CERTIFICATE KEY]\n", stderr);
    return 2;
  }
  try {
    const std::string body = words[3];
    Server server;
    server.answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n" + body;
    server.closes = count == 5;
    if (count == 6) server.tls = with_certificate(words[4], words[5]);
    server.listener = listening(static_cast<std::uint16_t>(std::stoul(words[1])));
    if (words[2] == std::string_view("epoll")) serve_with_epoll(server);
    RingServer(server).serve();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_floor: %s\n", fault.what());
    return 1;
  }
}
