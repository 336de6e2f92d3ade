// A real server that serves what is tried, on a unix socket in the folder of the trial.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "net/local_client.h"
#include "pipeline/host.h"
#include "trial/child.h"
#include "trial/subject.h"

namespace kirsch::trial {

// The configuration that puts it to use; none: `why` it cannot be.
struct Use {
  std::optional<std::string> yaml;
  std::string why;
};
Use use_of(const Subject& subject, std::size_t index);

class TrialServer {
 public:
  // Starts it in a process of its own.
  TrialServer(const Subject& subject, const std::string& yaml, const pipeline::AmendHost& amend = {});

  // Waits until it serves. False: it has ended.
  bool serves();
  // The same. None: it serves; else what to say of the module.
  std::optional<Outcome> not_serving();
  std::optional<net::LocalClient> connect() const { return net::LocalClient::connect(socket_); }
  // What the server sends until it ends the connection, or until then; empty as well if nobody listens.
  std::string ask(std::string_view bytes, std::chrono::milliseconds patience);
  bool lives() { return !process_.ends_within(std::chrono::milliseconds(0)); }

  // Orderly. A sentence about how it ended that it should not have; empty: it is well.
  std::string end();
  // How it has died; empty: it did not.
  std::string fault() const;
  // The first line of what it said of why it did not start.
  std::string refusal() const;

 private:
  std::string line_with(const std::string& text) const;

  std::filesystem::path folder_;
  base::UniqueFd directory_;
  std::filesystem::path socket_;  // by the descriptor, which the server inherits: a name of a socket has 107 bytes
  std::filesystem::path configuration_;
  std::filesystem::path output_;
  Companion process_;
};

}  // namespace kirsch::trial
