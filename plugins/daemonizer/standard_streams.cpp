// Opened long before they are put in place, so that a file that cannot be had is told where the operator sees it.
#include "standard_streams.h"

#include <fcntl.h>
#include <kirsch/options.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace daemonizer {
namespace {

int open_file(const char* option, const std::string& path, int how) {
  // O_NONBLOCK: a FIFO that nobody reads is an error, not a start that never ends.
  const int file = ::open(path.c_str(), how | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);
  if (file < 0) throw kirsch::OptionError(option, "cannot open " + path + ": " + std::strerror(errno));
  ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
  return file;
}

void put(int& file, int place) {
  if (file < 0) return;
  ::dup2(file, place);
  ::close(std::exchange(file, -1));
}

}  // namespace

StandardStreams::~StandardStreams() {
  for (const int file : files_) {
    if (file >= 0) ::close(file);
  }
}

void StandardStreams::open(const std::string& in, const std::string& out, const std::string& error) {
  files_[0] = open_file("stdin", in, O_RDONLY);
  files_[1] = open_file("stdout", out, O_WRONLY | O_APPEND | O_CREAT);
  files_[2] = open_file("stderr", error, O_WRONLY | O_APPEND | O_CREAT);
}

void StandardStreams::redirect_input_and_output() {
  std::fflush(stdout);
  put(files_[0], STDIN_FILENO);
  put(files_[1], STDOUT_FILENO);
}

void StandardStreams::redirect_error() { put(files_[2], STDERR_FILENO); }

}  // namespace daemonizer
