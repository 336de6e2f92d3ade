// Checks and reads by one descriptor, so that what was checked is what is read.
#include "config/file_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/diagnostic.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "config/code.h"
#include "config/snapshot.h"

namespace kirsch::config {
namespace {

[[noreturn]] void refuse_file(const std::string& name, const char* code, std::string message, std::string help = {}) {
  base::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.position = base::Position{name, 0, 0, 1};
  diagnostic.help = std::move(help);
  throw base::Refusal(std::move(diagnostic));
}

std::string system_text(int error) { return std::generic_category().message(error); }

[[noreturn]] void refuse_size(const std::string& name, std::size_t most) {
  refuse_file(name, code::too_large, "the file is larger than " + base::size_text(most));
}

// A pipe must not make the start hang: hence O_NONBLOCK before it is known to be a regular file.
base::UniqueFd opened(const std::string& name, std::size_t most, bool& exposed) {
  base::UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) refuse_file(name, code::unreadable, "the file cannot be read: " + system_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    refuse_file(name, code::unreadable, "the file cannot be read: " + system_text(errno));
  if (S_ISDIR(status.st_mode)) refuse_file(name, code::unreadable, "this is a directory, not a file");
  if (!S_ISREG(status.st_mode)) refuse_file(name, code::unreadable, "this is no regular file");
  if ((status.st_mode & S_IWOTH) != 0)
    refuse_file(name, code::untrusted_file, "everybody may write to this file, so anybody could run code as the server",
                "chmod o-w " + name);
  if (status.st_size > static_cast<off_t>(most)) refuse_size(name, most);
  exposed = (status.st_mode & S_IROTH) != 0;
  return file;
}

FileText text_on_disk(const std::string& name, std::size_t most) {
  FileText result;
  std::string& text = result.text;
  const base::UniqueFd file = opened(name, most, result.exposed);
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return result;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_file(name, code::unreadable, "the file cannot be read: " + system_text(errno));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > most) refuse_size(name, most);
  }
}

}  // namespace

FileText file_text(const std::string& name, std::size_t most) {
  return Snapshot::text(name, [&] { return text_on_disk(name, most); });
}

}  // namespace kirsch::config
