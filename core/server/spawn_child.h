// A child process whose output is read while it runs: a command, or a server that is being developed.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "server/spawn.h"

namespace kirsch::server {

struct ChildOptions {
  std::vector<std::string> environment = {};  // NAME=value, on top of ours
  bool errors_too = false;                    // standard error is part of the output; else it is ours
  // A process group of its own: Ctrl-C reaches it only by way of who started it. If that is killed, it is, too; so the
  // thread that starts it must stay as long as it.
  bool apart = false;
};

class Child {
 public:
  // A program (found in PATH), without a shell, without input and without the signal mask of this process. Where it is
  // `apart` this process must have one thread. Throws std::system_error.
  explicit Child(const std::vector<std::string>& command, const ChildOptions& options = {});
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();  // kills what has not been waited for

  int output() const noexcept { return output_.get(); }    // to be polled
  int process() const noexcept { return process_.get(); }  // the same: readable once it has ended
  // Appends what is there, at least one byte; false: it says nothing more. Throws std::system_error.
  bool read(std::string& to);
  void signal(int number) const noexcept;
  // Once. Blocks until it has ended.
  ChildEnd wait() noexcept;

 private:
  base::UniqueFd output_;
  base::UniqueFd process_;  // empty: waited for
};

}  // namespace kirsch::server
