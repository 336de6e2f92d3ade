// No path is ever looked up again: everything happens relative to the open folder, and no link is followed.
#include "record_folder.h"

#include <fcntl.h>
#include <kirsch/log.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace session_file {
namespace {

using kirsch::SessionKey;
using kirsch::SessionStatus;

constexpr Milliseconds put_aside_for = 7 * 86'400'000ULL;  // for who wants to know what was in it

std::string reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void refuse(const std::string& sentence) { throw kirsch::OptionError("path", sentence); }

// The bytes of a file of at most `limit` bytes. -1 as error: it is no such file.
int read_file(int folder, const std::string& name, std::size_t limit, std::string& bytes) {
  // A FIFO must not hold the worker until somebody writes into it.
  const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return errno == ELOOP || errno == ENXIO || errno == EISDIR ? -1 : errno;
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return errno;
  if (!S_ISREG(found.st_mode) || static_cast<std::uint64_t>(found.st_size) > limit) return -1;
  bytes.resize(static_cast<std::size_t>(found.st_size));
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return -1;
    done += static_cast<std::size_t>(count);
  }
  return 0;
}

}  // namespace

Milliseconds now() {
  return static_cast<Milliseconds>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::uint64_t fresh_number() {
  std::uint64_t number = 0;
  while (number == 0) {
    if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number))
      throw std::system_error(errno, std::generic_category(), "no random numbers");
  }
  return number;
}

std::string file_name(const SessionKey& key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  name.reserve(2 * sizeof key.bytes + put_aside.size());
  for (const auto byte : key.bytes) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

std::optional<SessionKey> key_of(std::string_view file_name) {
  SessionKey key{};
  if (file_name.size() != 2 * sizeof key.bytes) return std::nullopt;
  for (std::size_t place = 0; place < file_name.size(); ++place) {
    const char letter = file_name[place];
    const bool is_digit = letter >= '0' && letter <= '9';
    if (!is_digit && (letter < 'a' || letter > 'f')) return std::nullopt;
    const auto value = static_cast<std::uint8_t>(is_digit ? letter - '0' : letter - 'a' + 10);
    key.bytes[place / 2] = static_cast<std::uint8_t>(key.bytes[place / 2] << 4 | value);
  }
  return key;
}

RecordFolder::RecordFolder(const std::string& path, Sync sync) : path_(path), sync_(sync) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    refuse("the folder of the sessions, " + path + ", cannot be made: " + reason(errno));
  folder_ = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat found {};
  if (!folder_ || ::fstat(folder_.get(), &found) != 0)
    refuse("the folder of the sessions, " + path + ", cannot be opened: " + reason(errno));
  if (found.st_uid != ::geteuid())
    refuse(path + " belongs to another user: sessions want a folder of the server's own user");
  if ((found.st_mode & 077) != 0) refuse(path + " is open to others: sessions want a folder of mode 0700");
}

Descriptor RecordFolder::lock_file() const {
  Descriptor file(::openat(folder_.get(), ".locks", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) refuse("the folder of the sessions, " + path_ + ", cannot be written: " + reason(errno));
  return file;
}

SessionStatus RecordFolder::read(const SessionKey& key, Record& record) {
  std::string bytes;
  const int error = read_file(folder_.get(), file_name(key), header_size + largest, bytes);
  if (error == ENOENT) return SessionStatus::absent;
  if (error > 0) return failed(error, "read");
  auto found = error == 0 ? decoded(bytes) : std::nullopt;
  if (!found) return SessionStatus::corrupt;
  if (found->expires <= now()) return SessionStatus::absent;
  record = std::move(*found);
  return SessionStatus::done;
}

int RecordFolder::write_unfinished(const std::string& name, const Record& record) const {
  const Descriptor file(
      ::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return errno;
  const auto bytes = encoded(record);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  if (sync_ == Sync::always && ::fsync(file.get()) != 0) return errno;
  if (sync_ == Sync::data && ::fdatasync(file.get()) != 0) return errno;
  return 0;
}

SessionStatus RecordFolder::write(const SessionKey& key, const Record& record) {
  const auto name = file_name(key);
  const auto fresh = name + std::string(unfinished);
  int error = write_unfinished(fresh, record);
  if (error == 0 && ::renameat(folder_.get(), fresh.c_str(), folder_.get(), name.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlinkat(folder_.get(), fresh.c_str(), 0);
    return failed(error, "write");
  }
  if (sync_ == Sync::always && ::fsync(folder_.get()) != 0) return failed(errno, "write");
  worked();
  return SessionStatus::done;
}

SessionStatus RecordFolder::remove(const SessionKey& key) {
  if (::unlinkat(folder_.get(), file_name(key).c_str(), 0) != 0) {
    if (errno == ENOENT) return SessionStatus::done;
    return failed(errno, "remove");
  }
  if (sync_ == Sync::always && ::fsync(folder_.get()) != 0) return failed(errno, "remove");
  return SessionStatus::done;
}

void RecordFolder::put_corrupt_aside(const SessionKey& key) {
  const auto name = file_name(key);
  const auto aside = name + std::string(put_aside);
  const bool moved = ::renameat(folder_.get(), name.c_str(), folder_.get(), aside.c_str()) == 0;
  kirsch::log(kirsch::Level::error, path_, "/", name, " is no record that can be read",
              moved ? "; it was put aside as *.corrupt" : ", and cannot be put aside");
}

SessionStatus RecordFolder::tidy(const SessionKey& key) {
  const auto name = file_name(key);
  ::unlinkat(folder_.get(), (name + std::string(unfinished)).c_str(), 0);
  const auto aside = name + std::string(put_aside);
  struct stat found {};
  if (::fstatat(folder_.get(), aside.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
      static_cast<Milliseconds>(found.st_ctim.tv_sec) * 1000 + put_aside_for < now())
    ::unlinkat(folder_.get(), aside.c_str(), 0);
  Record record;
  const auto status = read(key, record);
  const bool there = status != SessionStatus::absent || ::unlinkat(folder_.get(), name.c_str(), 0) == 0;
  return there ? status : SessionStatus::done;
}

SessionStatus RecordFolder::failed(int error, std::string_view deed) {
  struct stat found {};
  const bool removed = ::fstat(folder_.get(), &found) == 0 && found.st_nlink == 0;
  if (error_.exchange(error) != error)
    kirsch::log(kirsch::Level::error, "cannot ", deed, " sessions in ", path_, ": ",
                removed ? "the folder was removed; a restart opens it anew, a reload does not" : reason(error));
  return error == ENOSPC || error == EDQUOT ? SessionStatus::full : SessionStatus::unavailable;
}

void RecordFolder::worked() {
  if (error_.load(std::memory_order_relaxed) != 0 && error_.exchange(0) != 0)
    kirsch::log(kirsch::Level::info, "sessions can be stored in ", path_, " again");
}

}  // namespace session_file
