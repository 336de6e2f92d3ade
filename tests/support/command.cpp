// Reads the lines "  process PID STATE: …" that people read.
#include "support/command.h"

#include <sstream>

namespace kirsch::test {

std::vector<pid_t> processes(const Server& server, const std::string& state) {
  std::vector<pid_t> found;
  std::istringstream lines(command(server, "status").out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, in_state;
    pid_t pid = 0;
    words >> word >> pid >> in_state;
    if (word == "process" && (state.empty() || in_state == state + ":")) found.push_back(pid);
  }
  return found;
}

}  // namespace kirsch::test
