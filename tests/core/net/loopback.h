// What the tests of net share: a loop on a thread of its own, a transport's events as functions, and a blocking client.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/unique_fd.h"
#include "net/listener.h"
#include "net/loop.h"
#include "support/driver.h"
#include "support/uninterrupted.h"

namespace kirsch::net::test {

class CollectingLog final : public base::Log {
 public:
  void write(base::Level, std::string_view line) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Stops and joins when destroyed.
class RunningLoop {
 public:
  explicit RunningLoop(std::unique_ptr<Driver> driver = kirsch::test::make_driver())
      : loop_(0, log_, std::move(driver)), thread_([this] { loop_.run(); }) {}
  ~RunningLoop() { end(); }
  Loop& loop() { return loop_; }
  CollectingLog& log() { return log_; }
  void end() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  // Runs `work` on the loop's thread and waits for its result.
  template <class Work>
  auto call(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    EXPECT_TRUE(loop_.post(std::move(task)));
    return result.get();
  }

 private:
  CollectingLog log_;
  Loop loop_;
  std::thread thread_;
};

// Each event calls the function of its name, if there is one. `Connection` objects live until the acceptor goes.
struct Connection final : TransportEvents {
  Transport* transport = nullptr;
  std::string output;  // of send_text
  std::function<void(std::span<char>)> data;
  std::function<void()> end, sent, timeout;
  std::function<void(int)> lost;
  void on_data(std::span<char> bytes) override {
    if (data) data(bytes);
  }
  void on_end() override {
    if (end) end();
  }
  void on_sent() override {
    if (sent) sent();
  }
  void on_timeout() override {
    if (timeout) timeout();
  }
  void on_lost(int error) override {
    transport = nullptr;
    if (lost) lost(error);
  }
};

struct ConnectionAcceptor final : Acceptor {
  explicit ConnectionAcceptor(std::function<void(Connection&)> start) : on_start(std::move(start)) {}
  void on_accept(Transport& transport) override {
    Connection& connection = *connections.emplace_back(std::make_unique<Connection>());
    connection.transport = &transport;
    transport.set_events(connection);
    on_start(connection);
  }
  std::function<void(Connection&)> on_start;
  std::vector<std::unique_ptr<Connection>> connections;
};

inline Address loopback(std::uint16_t port = 0) { return *Address::parse("127.0.0.1:" + std::to_string(port)); }

// Listens on the loop and returns where.
inline Address serve(RunningLoop& running, Acceptor& acceptor, const Address& address = loopback()) {
  Listener listener = Listener::bind(address).front();
  const Address bound = listener.address();
  running.call([&] { running.loop().listen(std::move(listener), acceptor); });
  return bound;
}

inline void send_text(Connection& connection, std::string text) {
  connection.output = std::move(text);
  const iovec piece{connection.output.data(), connection.output.size()};
  connection.transport->send({&piece, 1});
}

// Bytes in which a piece that is missing, doubled or misplaced is seen.
inline std::string pattern(std::size_t size, std::size_t seed = 0) {
  std::string text(size, '\0');
  for (std::size_t index = 0; index < size; ++index) text[index] = static_cast<char>(index * 31 + index / 4096 + seed);
  return text;
}

inline base::UniqueFd file_with(const std::string& text) {
  std::string path = ::testing::TempDir() + "kirsch_net_XXXXXX";
  base::UniqueFd file(::mkstemp(path.data()));
  ::unlink(path.c_str());
  EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return file;
}

// Answers each piece of input with itself; input that comes while it sends waits for its turn.
inline void echo(Connection& connection) {
  auto output = std::make_shared<std::string>();
  auto waiting = std::make_shared<std::string>();
  auto go_on = [&connection, output, waiting] {
    if (waiting->empty() || connection.transport == nullptr || connection.transport->sending()) return;
    output->swap(*waiting);
    waiting->clear();
    send_text(connection, *output);
  };
  connection.data = [go_on, waiting](std::span<char> bytes) {
    waiting->append(bytes.data(), bytes.size());
    go_on();
  };
  connection.sent = go_on;
  connection.end = [&connection] { connection.transport->close(); };
}

// Blocking, but no call longer than 20 s.
class Client {
 public:
  explicit Client(const Address& address, int receive_buffer = 0) {
    const Poco::Net::SocketAddress target = address.poco();
    socket_.reset(::socket(target.af(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{20, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (receive_buffer > 0) ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    connected_ = kirsch::test::uninterrupted([&] { return ::connect(fd(), target.addr(), target.length()); }) == 0;
  }
  int fd() const { return socket_.get(); }
  bool connected() const { return connected_; }
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto send = [&] { return ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL); };
      const ssize_t sent = kirsch::test::uninterrupted(send);
      if (sent < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Exactly `size` bytes, or less if the peer ended the stream or reset it.
  std::string read(std::size_t size) {
    std::string text(size, '\0');
    std::size_t read = 0;
    while (read < size) {
      const ssize_t got = receive(text.data() + read, size - read, MSG_WAITALL);
      if (got <= 0) break;
      read += static_cast<std::size_t>(got);
    }
    text.resize(read);
    return text;
  }
  // 0: end of the stream, -1: errno, else bytes.
  ssize_t read_once() {
    char byte = 0;
    return receive(&byte, 1, 0);
  }
  void finish() { ::shutdown(fd(), SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    socket_.reset();
  }
  void close() { socket_.reset(); }

 private:
  ssize_t receive(char* to, std::size_t size, int flags) {
    return kirsch::test::uninterrupted([&] { return ::recv(fd(), to, size, flags); });
  }

  base::UniqueFd socket_;
  bool connected_ = false;
};

}  // namespace kirsch::net::test
