// The verbs that talk to a server that runs: stop, restart, reload, status, certificate reload.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/exit_code.h"

namespace kirsch::command {

struct RunningServer {
  std::filesystem::path configuration;
  std::filesystem::path control;    // empty: as the configuration says
  std::chrono::seconds patience{};  // 0: for work as long as it takes, for an end a while beyond the drain, for a
                                    // status as long as that while
};

// What a server says when it has done what the word asks for, or has refused it. Throws base::Refusal where there is no
// server, or it ends before it answers.
struct ServerAnswer {
  base::ExitCode code = base::ExitCode::ok;
  std::string text;
};
ServerAnswer ask(const RunningServer& server, const std::string& word);

// Ends it and returns when it is gone; `now` without waiting for what is in flight. Shows how far that is.
base::ExitCode stop(const RunningServer& server, bool now) noexcept;
// Returns when new processes serve, or with their errors (8, or 7).
base::ExitCode restart(const RunningServer& server) noexcept;
// Returns when the new configuration serves, or with what is wrong with it (8); prints what has changed. A rehearsal
// does all of it but for serving, and changes nothing.
base::ExitCode reload(const RunningServer& server, bool rehearsal) noexcept;
// Returns when new handshakes get what the files hold now, or with their mistakes (8).
base::ExitCode reload_certificates(const RunningServer& server) noexcept;
base::ExitCode status(const RunningServer& server, bool json) noexcept;

}  // namespace kirsch::command
