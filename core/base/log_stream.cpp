// Opens files without following links that others could have laid, and writes what fits without waiting.
#include "base/log_stream.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace kirsch::base {
namespace {

void stamp_line(LogLine& line, LogStamp stamp, Level level) noexcept {
  if (stamp == LogStamp::none) return;
  line.append(utc_text(wall_now()).view());
  line.append(" ");
  line.append(name(level));
  line.append(" ");
}

// As many whole lines as a pipe keeps together; of a longer one its beginning.
std::string_view piece_of(std::string_view lines) noexcept {
  const auto front = lines.substr(0, PIPE_BUF);
  const auto end = front.rfind('\n');
  return end == front.npos ? front : front.substr(0, end + 1);
}

bool has_room(int descriptor) noexcept {
  pollfd watched{descriptor, POLLOUT, 0};
  return ::poll(&watched, 1, 0) != 0;  // an error is for write() to tell
}

// Advances `progress`. False: it has an error.
bool write_piece(int descriptor, std::string_view piece, LogDestination::Progress& progress) noexcept {
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      progress.error = errno;
      return false;
    }
    progress.bytes += static_cast<std::size_t>(written);
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

UniqueFd open_log_file(const std::string& path) noexcept {
  // Who may write to the folder of the log could lead root to any file of the system.
  const int links = ::geteuid() == 0 ? O_NOFOLLOW : 0;
  const int flags = O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | links;
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | flags, 0640));
  // A FIFO that nobody reads: with its other end open here too, lines wait in it.
  if (!file && errno == ENXIO) file = UniqueFd(::open(path.c_str(), O_RDWR | flags));
  return file;
}

void StandardError::begin(LogLine& line, Level level) const noexcept { stamp_line(line, stamp_, level); }

LogDestination::Progress StandardError::write(std::string_view lines) noexcept {
  Progress progress;
  while (progress.bytes < lines.size()) {
    if (!has_room(descriptor_)) {
      progress.error = EAGAIN;
      break;
    }
    if (!write_piece(descriptor_, piece_of(lines.substr(progress.bytes)), progress)) break;
  }
  return progress;
}

LogFile::LogFile(const LogTarget& target, LogStamp stamp)
    : stamp_(stamp), path_(target.path), file_(open_log_file(target.path)) {
  const int error = errno;
  if (file_) return;
  const bool link = error == ELOOP && ::geteuid() == 0;
  throw Refusal(Diagnostic{.code = "C075",
                           .message = "the log " + path_ + " cannot be opened: " +
                                      (link ? "it is a link, which is not followed as root" : std::strerror(error)),
                           .position = target.origin.file.empty() ? std::nullopt : std::optional(target.origin),
                           .help = link ? "name the file that it leads to" : "",
                           .exit_code = ExitCode::bind_or_permission});
}

void LogFile::begin(LogLine& line, Level level) const noexcept { stamp_line(line, stamp_, level); }

LogDestination::Progress LogFile::write(std::string_view lines) noexcept {
  Progress progress;
  write_piece(file_.get(), lines, progress);
  return progress;
}

std::optional<int> LogFile::reopen(const LogOpener& elsewhere) noexcept {
  UniqueFd fresh = open_log_file(path_);
  const int error = fresh ? 0 : errno;
  if (error == EACCES && elsewhere) fresh = elsewhere(path_);
  if (!fresh) return error;
  file_ = std::move(fresh);
  return 0;
}

}  // namespace kirsch::base
