// Composes and writes the lines of StandardErrorLog.
#include "base/log.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "base/clock.h"

namespace kirsch::base {
namespace {

// One line within PIPE_BUF bytes, room for the line end kept.
class Line {
 public:
  void append(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), room());
    std::copy_n(text.data(), size, bytes_.data() + size_);
    size_ += size;
  }
  // False: there was no room for the whole.
  bool append_escaped(std::string_view text) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char character : text) {
      const auto byte = static_cast<unsigned char>(character);
      const std::array<char, 4> escape{'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      const bool plain = byte >= 0x20 && byte < 0x7f;
      if (room() < (plain ? 1U : escape.size())) return false;
      append(plain ? std::string_view(&character, 1) : std::string_view(escape.data(), escape.size()));
    }
    return true;
  }
  // Makes room for `mark` at the end.
  void cut(std::string_view mark) noexcept {
    size_ = std::min(size_, bytes_.size() - 1 - mark.size());
    append(mark);
  }
  std::string_view ended() noexcept {
    bytes_[size_++] = '\n';
    return {bytes_.data(), size_};
  }

 private:
  std::size_t room() const noexcept { return bytes_.size() - 1 - size_; }

  std::array<char, PIPE_BUF> bytes_;
  std::size_t size_ = 0;
};

}  // namespace

std::string_view name(Level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

void StandardErrorLog::write(Level level, std::string_view line) noexcept {
  if (!enabled(level)) return;
  const int saved = errno;
  Line out;
  out.append(utc_text(wall_now()).view());
  out.append(" ");
  out.append(name(level));
  out.append(" ");
  if (!out.append_escaped(line)) out.cut(" [cut]");
  const std::string_view bytes = out.ended();
  // A full disk or a closed terminal has nobody to be told to; only an interrupted call is repeated.
  while (::write(descriptor_, bytes.data(), bytes.size()) < 0 && errno == EINTR) {
  }
  errno = saved;
}

}  // namespace kirsch::base
