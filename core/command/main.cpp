// The command. Signals are blocked before anything of it runs, so that no thread of any module ever takes one by
// accident.
#include <fcntl.h>
#include <unistd.h>

#include "command/command_line.h"
#include "loader/probe.h"
#include "net/tls/record_buffers.h"
#include "server/process_signals.h"

namespace {

// Else what is opened next would get the number of one that is closed, and take what is written there.
void fill_standard_streams() noexcept {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // the lowest number that is free
  }
}

}  // namespace

int main(int count, char** arguments) {
  fill_standard_streams();
  kirsch::loader::become_probe(count, arguments);
  kirsch::server::block_signals();
  kirsch::net::tls::RecordBuffers::install();
  return static_cast<int>(kirsch::command::run_command_line(count, arguments));
}
