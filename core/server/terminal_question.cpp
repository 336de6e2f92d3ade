// Signals are blocked by then, so Ctrl-C has to be read as a character.
#include "server/terminal_question.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace kirsch::server {
namespace {

class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal), known_(::tcgetattr(terminal, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    if (known_) ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~Quiet() {
    if (known_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  const int terminal_;
  termios before_{};
  const bool known_;
};

void say(int terminal, std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(terminal, text.data(), text.size());
}

}  // namespace

std::optional<std::string> ask_terminal(const std::string& question) {
  constexpr std::size_t longest = 1024;
  constexpr char interrupt = 3, end = 4, backspace = 8, erase = 127;
  const base::UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return std::nullopt;
  const Quiet quiet(terminal.get());
  say(terminal.get(), question);
  std::string typed;
  for (;;) {
    char byte = 0;
    const ssize_t size = ::read(terminal.get(), &byte, 1);
    if (size < 0 && errno == EINTR) continue;
    const bool over = size <= 0 || byte == interrupt || byte == end;
    if (over || byte == '\n' || byte == '\r') {
      say(terminal.get(), "\n");
      return over ? std::nullopt : std::optional(typed);
    }
    if (byte == erase || byte == backspace) {
      if (!typed.empty()) typed.pop_back();
    } else if (typed.size() < longest) {
      typed += byte;
    }
  }
}

}  // namespace kirsch::server
