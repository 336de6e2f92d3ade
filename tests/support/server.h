// The real server on a YAML text, in a folder of its own, ready when the constructor returns.
#pragma once

#include "support/folder.h"
#include "support/process.h"

namespace kirsch::test {

struct ServerOptions {
  std::map<std::string, std::string> files = {};        // relative name -> contents, written beside the YAML
  std::filesystem::path neighbours = {};                // a folder whose contents are copied beside the YAML first
  std::map<std::string, std::string> environment = {};  // on top of the test's own and STATE_DIRECTORY
  std::vector<std::string> arguments = {};              // after `run -c FILE`
  std::vector<std::string> launcher = {};               // a command that becomes the server, and its arguments
  Milliseconds deadline = patience;
  bool wait_until_ready = true;
};

// A configuration with one listener on a port that the kernel chooses, and `rest`.
std::string loopback(std::string_view rest);

// `yaml` with the plugin folders of this build and the plugin `signals` (TERM drains and ends the server) added, unless
// it has a `plugins:` or an `engine:` of its own.
std::string completed(std::string_view yaml);

class Server {
 public:
  // Writes the YAML as kirsch.yaml, starts `bin/kirsch run -c` on it and waits for its line `ready`. Throws
  // std::runtime_error with all output if that does not come. State goes to the folder `state` inside folder().
  explicit Server(std::string_view yaml, const ServerOptions& options = {});
  // Ends the server, orderly if it can. A finding of a sanitizer in its output ends the test program.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::uint16_t port(std::size_t listener = 0) const;  // of a TCP listener, in the order of the YAML
  bool on_socket(std::size_t listener) const { return addresses_.at(listener).starts_with("unix:"); }
  bool on_ipv6(std::size_t listener) const { return addresses_.at(listener).starts_with("http://["); }
  std::string socket_path(std::size_t listener = 0) const;  // of a unix listener
  std::size_t listeners() const { return addresses_.size(); }
  pid_t pid() const { return process_->pid(); }

  std::string log() const { return process_->output().all; }
  // Waits until the output contains `text` (`times` over); throws std::runtime_error with all output otherwise.
  void wait_for_log(std::string_view text, std::size_t times = 1, Milliseconds deadline = patience) const;
  // The same for the line behind the `number`-th occurrence (from 1) of `text`, complete; returns it without its end.
  std::string wait_for_line(std::string_view text, std::size_t number = 1, Milliseconds deadline = patience) const;

  void signal(int number) { process_->signal(number); }
  int wait(Milliseconds deadline = patience) { return process_->wait(deadline); }  // exit code, 128 + signal
  int stop(Milliseconds deadline = patience);                                      // TERM, then wait

 private:
  TemporaryFolder folder_;
  std::optional<Process> process_;  // after folder_: it ends first
  std::vector<std::string> addresses_;
};

}  // namespace kirsch::test
