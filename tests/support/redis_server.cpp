// The port is free for the moment in between; should somebody take it, another one is tried.
#include "support/redis_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace kirsch::test {
namespace {

int listener_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 128) != 0) {
    ::close(listener);
    throw std::runtime_error("port " + std::to_string(port) + " cannot be had");
  }
  return listener;
}

// None that the kernel chooses for others: a server that was killed shall find it free again.
std::uint16_t free_port() {
  std::random_device chance;
  for (int attempt = 0;; ++attempt) {
    const auto port = std::uniform_int_distribution<std::uint16_t>(20'000, 31'999)(chance);
    try {
      ::close(listener_on(port));
      return port;
    } catch (const std::runtime_error&) {
      if (attempt == 100) throw;
    }
  }
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> more) : more_(std::move(more)) {
  for (int attempt = 0;; ++attempt) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 4) throw;
    }
  }
}

void RedisServer::start() {
  std::vector<std::string> arguments{"redis-server", "--port", std::to_string(port_),   "--bind",     "127.0.0.1",
                                     "--save",       "",       "--appendonly",          "yes",        "--appendfsync",
                                     "no",           "--dir",  folder_.path().string(), "--loglevel", "notice"};
  for (const auto& argument : more_) arguments.push_back(argument == "PORT" ? std::to_string(port_) : argument);
  process_ = std::make_unique<Process>(arguments);
  const bool ready = process_->wait_for([](const Process::Output& output) {
    return output.all.find("Ready to accept connections") != std::string::npos;
  });
  if (!ready) throw std::runtime_error("no redis-server: " + process_->output().all);
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

std::string RedisServer::ask(const std::string& command) const {
  Process client({"redis-cli", "-p", std::to_string(port_)},
                 {.folder = {}, .environment = {}, .input = command + "\n"});
  if (client.wait() != 0) throw std::runtime_error("redis-cli: " + client.output().all);
  auto reply = client.output().out;
  while (!reply.empty() && reply.back() == '\n') reply.pop_back();
  return reply;
}

Babbler::Babbler(std::uint16_t port, std::vector<std::string> answers)
    : answers_(std::move(answers)), listener_(listener_on(port)), ended_(::eventfd(0, EFD_CLOEXEC)) {
  accepting_ = std::thread([this] {
    for (;;) {
      pollfd events[] = {{listener_, POLLIN, 0}, {ended_, POLLIN, 0}};
      ::poll(events, 2, -1);
      if (events[1].revents != 0) return;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      ++connections_;
      serving_.emplace_back([this, connection] { serve(connection); });
    }
  });
}

void Babbler::serve(int connection) const {
  for (std::size_t turn = 0;; ++turn) {
    pollfd events[] = {{connection, POLLIN, 0}, {ended_, POLLIN, 0}};
    ::poll(events, 2, -1);
    char bytes[65536];
    if (events[1].revents != 0 || ::recv(connection, bytes, sizeof bytes, 0) <= 0) break;
    const auto& answer = answers_[std::min(turn, answers_.size() - 1)];
    if (answer.empty()) break;
    ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  ::close(connection);
}

Babbler::~Babbler() {
  const std::uint64_t one = 1;
  if (::write(ended_, &one, sizeof one) != sizeof one) std::terminate();
  accepting_.join();
  for (auto& thread : serving_) thread.join();
  ::close(listener_);
  ::close(ended_);
}

}  // namespace kirsch::test
