// Those who asked something over the control socket, and the answers that they wait for.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "net/control_socket.h"

namespace kirsch::server {

// What one client waits for. Any thread. Without `done` the end of the process is the answer.
class ControlAnswer {
 public:
  explicit ControlAnswer(net::MessageChannel channel) noexcept : channel_(std::move(channel)) {}
  void progress(std::chrono::seconds left, std::string_view text) noexcept;
  // The last word: the exit code of the command, and what it prints.
  void done(base::ExitCode code, std::string_view text) noexcept;

 private:
  std::mutex mutex_;
  net::MessageChannel channel_;
  bool done_ = false;
};

// One thread.
class ControlClients {
 public:
  // `command` is one word such as "stop"; must not throw, nor keep the thread.
  using Answerer = std::function<void(const std::string& command, std::shared_ptr<ControlAnswer>)>;

  ControlClients(net::ControlSocket socket, Answerer answerer)
      : socket_(std::move(socket)), answerer_(std::move(answerer)) {}

  // Appends what is to be watched; `look` then takes the same entries back, with what poll said of them.
  void watch(std::vector<pollfd>& entries) const;
  void look(const std::vector<pollfd>& entries);
  // The listening socket now belongs to another process, its file too.
  void hand_over() noexcept;
  void claim() noexcept { socket_.claim(); }
  int listening() const noexcept { return socket_.descriptor(); }

 private:
  net::ControlSocket socket_;
  Answerer answerer_;
  bool handed_over_ = false;
  std::list<net::MessageChannel> silent_;  // connected, have not asked yet
};

}  // namespace kirsch::server
