// Any eight bytes of a key are a hash: sixty bits of them say where its own four bytes of the file are. Nothing is ever
// written there.
#include "shared_locks.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace session_file {
namespace {

struct flock range(const kirsch::SessionKey& key, Part part, int count, int type) {
  std::uint64_t hash = 0;
  std::memcpy(&hash, key.bytes, sizeof hash);
  struct flock range {};
  range.l_type = static_cast<short>(type);
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>((hash >> 4) * 4 + static_cast<unsigned>(part));
  range.l_len = count;
  return range;
}

}  // namespace

bool SharedLocks::try_lock(const kirsch::SessionKey& key, Part part, int count) {
  auto wanted = range(key, part, count, F_WRLCK);
  while (::fcntl(file_.get(), F_OFD_SETLK, &wanted) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot lock");
  }
  return true;
}

void SharedLocks::unlock(const kirsch::SessionKey& key, Part part) noexcept {
  auto given_back = range(key, part, 1, F_UNLCK);
  ::fcntl(file_.get(), F_OFD_SETLK, &given_back);
}

bool SharedLocks::elsewhere(const kirsch::SessionKey& key, Part part) const {
  auto found = range(key, part, 1, F_WRLCK);
  if (::fcntl(file_.get(), F_OFD_GETLK, &found) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot look at a lock");
  return found.l_type != F_UNLCK;
}

}  // namespace session_file
