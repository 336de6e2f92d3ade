// The command. Signals are blocked before anything of it runs, so that no thread of any module ever takes one by
// accident.
#include "command/command_line.h"
#include "loader/probe.h"
#include "net/tls/record_buffers.h"
#include "server/process_signals.h"

int main(int count, char** arguments) {
  kirsch::loader::become_probe(count, arguments);
  kirsch::server::block_signals();
  kirsch::net::tls::RecordBuffers::install();
  return static_cast<int>(kirsch::command::run_command_line(count, arguments));
}
