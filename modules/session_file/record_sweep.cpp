// By the header alone: who has the record for himself looks again.
#include "record_sweep.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace session_file {
namespace {

constexpr int swept_at_once = 256;

}  // namespace

bool RecordSweep::step(std::vector<kirsch::SessionKey>& untidy) {
  if (round_ == nullptr) {
    Descriptor copy(::openat(folder_.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    round_.reset(copy ? ::fdopendir(copy.get()) : nullptr);
    if (round_ == nullptr) return folder_.failed(errno, "list"), false;
    copy.release();
  }
  for (int count = 0; count < swept_at_once; ++count) {
    const auto* const entry = ::readdir(round_.get());
    if (entry == nullptr) return round_.reset(), false;
    const std::string_view name = entry->d_name;
    const auto stem = name.substr(0, name.find('.'));
    const auto key = key_of(stem);
    if (!key) continue;
    const auto ending = name.substr(stem.size());
    if (ending == unfinished || ending == put_aside || (ending.empty() && is_untidy(entry->d_name)))
      untidy.push_back(*key);
  }
  return true;
}

bool RecordSweep::is_untidy(const char* name) const {
  const Descriptor file(::openat(folder_.descriptor(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return errno == ELOOP || errno == ENXIO;
  struct stat found {};
  char header[header_size];
  const auto size = ::read(file.get(), header, sizeof header);
  if (size < 0 || ::fstat(file.get(), &found) != 0) return errno == EISDIR;
  const auto expires = expiry({header, static_cast<std::size_t>(size)}, static_cast<std::uint64_t>(found.st_size));
  return !expires || *expires <= now();
}

}  // namespace session_file
