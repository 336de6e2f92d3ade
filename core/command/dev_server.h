// The server of `kirsch module dev`: a process that is reloaded, started again where that does not do, and replaced by
// one with a page where nothing else can be served.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "command/dev_files.h"
#include "command/toolchain.h"
#include "server/spawn_child.h"

namespace kirsch::command {

class DevServer {
 public:
  // `environment` of the process. `port`: none: 8080, or one that is free.
  DevServer(DevFiles files, Words environment, std::optional<unsigned> port);
  ~DevServer();
  DevServer(const DevServer&) = delete;
  DevServer& operator=(const DevServer&) = delete;

  // Serves the module as it is now, and says where or how long that took. What it returns is why not; empty: it does.
  std::string serve();
  // Throws base::Refusal where not even that can be served.
  void show_page(const std::string& title, const std::string& text);

  int output() const { return child_ ? child_->output() : -1; }  // to be polled
  // Shows what the server says. False: it has ended.
  bool listen();
  const std::string& said() const { return said_; }  // at last

 private:
  // `write` is what the server is to read, with `port_`.
  std::string bring(const std::function<void()>& write);
  std::string start(const std::function<void()>& write);
  void stop() noexcept;
  void forget() noexcept;
  bool hear();

  DevFiles files_;
  const Words environment_;
  const bool chosen_;  // the port, by who started this
  unsigned port_;      // as the configuration names it; a server that is reloaded keeps what it was started with
  std::string url_;    // of the server that runs, or of the last one
  std::string told_;   // the one that people know
  std::optional<server::Child> child_;
  bool ready_ = false;
  std::string said_;
  std::string line_;  // the last one, while it has no end
};

}  // namespace kirsch::command
