// A real redis-server on a free port of the loopback, that a test kills, stops and starts again.
#pragma once

#include <signal.h>

#include <atomic>
#include <memory>

#include "support/folder.h"
#include "support/process.h"

namespace kirsch::test {

class RedisServer {
 public:
  // `more`: arguments of redis-server; PORT stands for its port. What it has stored survives `kill` (appendonly). Ready
  // when this returns; throws std::runtime_error with its output if it does not come up.
  explicit RedisServer(std::vector<std::string> more = {});

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_) + "/0"; }
  // The reply to a command that one line says, in the words of redis-cli.
  std::string ask(const std::string& command) const;

  void kill();   // SIGKILL, and its end
  void start();  // again, on the same port
  void stop() { process_->signal(SIGSTOP); }
  void go_on() { process_->signal(SIGCONT); }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> more_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

// Takes connections on that port and says what it is told to, whatever it hears; counts them.
class Babbler {
 public:
  // `answers` in turn, one for each piece that a connection brings; the last one again and again. An empty one closes.
  Babbler(std::uint16_t port, std::vector<std::string> answers);
  ~Babbler();
  int connections() const { return connections_; }

 private:
  void serve(int connection) const;

  std::vector<std::string> answers_;
  int listener_ = -1;
  int ended_ = -1;  // an eventfd
  std::atomic<int> connections_{0};
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

}  // namespace kirsch::test
