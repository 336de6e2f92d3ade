// A child process whose output is wanted.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace kirsch::server {

struct CommandOutput {
  std::string text;     // standard output
  std::string failure;  // one sentence about the command; empty: it ended with 0
};

// Runs a program (found in PATH) without a shell and without input; its standard error is ours. At most `most` bytes
// within `time`, then it is killed.
CommandOutput output_of(const std::vector<std::string>& command, std::size_t most, std::chrono::milliseconds time);

}  // namespace kirsch::server
