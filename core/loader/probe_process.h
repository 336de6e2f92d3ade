// The process in which modules are tried: this one without its descriptors, or this program anew, which forks for each
// of them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "loader/probe_child.h"

namespace kirsch::loader {

class ProbeProcess {
 public:
  struct Outcome {
    ProbeReport last;
    int status = 0;     // of waitpid
    bool late = false;  // it had to be killed
  };

  // Throws std::system_error.
  ProbeProcess();
  // Kills it, and what modules have started in it.
  ~ProbeProcess();
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  // Blocks until the fork that tries the module has ended, or the limit.
  Outcome run(const std::filesystem::path& copy, std::chrono::milliseconds limit);
  // It does not live any more: a module took too long, or took it along.
  bool ended() const { return process_ < 0; }

 private:
  bool receive(ProbeReport& report, std::chrono::steady_clock::time_point deadline) const;
  int end() noexcept;

  base::UniqueFd requests_in_;  // kept open, so that writing never meets a broken pipe
  base::UniqueFd requests_;
  base::UniqueFd reports_;
  pid_t process_ = -1;
  unsigned request_ = 0;
};

}  // namespace kirsch::loader
