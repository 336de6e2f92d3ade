// Answers the command in a server without a keeper, on a thread of its own: the main thread may be busy ending.
#pragma once

#include <functional>
#include <thread>

#include "base/unique_fd.h"
#include "server/control_clients.h"

namespace kirsch::server {

class ControlThread {
 public:
  // `answerer` runs on the thread, as does `tick`, several times a second. Throws std::system_error.
  ControlThread(net::ControlSocket socket, ControlClients::Answerer answerer, std::function<void()> tick);
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;
  ~ControlThread();

  int listening() const noexcept { return clients_.listening(); }
  void claim() noexcept { clients_.claim(); }
  // Any thread, once: see ControlClients.
  void hand_over();

 private:
  void run() noexcept;

  std::mutex mutex_;  // of clients_
  ControlClients clients_;
  std::function<void()> tick_;
  base::UniqueFd end_;
  std::thread thread_;
};

}  // namespace kirsch::server
