// The verbs of the command that talk to a server of the tests.
#pragma once

#include "support/kirsch.h"
#include "support/server.h"

namespace kirsch::test {

// `kirsch VERB -c FILE …` where `server` is found.
inline Result command(const Server& server, const std::string& verb, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{verb, "-c", (server.folder() / "kirsch.yaml").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_kirsch(arguments, {}, {{"STATE_DIRECTORY", (server.folder() / "state").string()}});
}

// The processes of its status, in the state named; empty: of all states.
std::vector<pid_t> processes(const Server& server, const std::string& state = {});

}  // namespace kirsch::test
