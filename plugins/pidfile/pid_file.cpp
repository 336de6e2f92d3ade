// The new file is complete and locked before it has the name that others look at; a rename puts it there in one step.
#include "pid_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace pidfile {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

namespace {

// Whoever loses a race looks again; each turn means that somebody else got on.
constexpr int turns = 1000;

[[noreturn]] void refuse(const std::string& what) {
  const std::string why = std::strerror(errno);
  throw Unavailable(what + ": " + why);
}

bool lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// The name still leads to what the descriptor has open.
bool same(int descriptor, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

std::string contents(int descriptor) {
  std::array<char, 32> room{};
  const auto count = ::pread(descriptor, room.data(), room.size(), 0);
  std::string text(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return text.substr(0, text.find_first_not_of("0123456789"));
}

pid_t number_in(const std::string& text) {
  pid_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// -1: nothing has that name. Opening must not wait for the other end of a FIFO.
int open_existing(const std::string& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (descriptor.number() < 0) {
    if (errno == ENOENT) return -1;
    if (errno == ELOOP) throw Unavailable(path + " is a symbolic link, which is not followed: remove it");
    if (errno == ENXIO) throw Unavailable(path + " is not a regular file");
    refuse("cannot open " + path);
  }
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) refuse("cannot examine " + path);
  if (!S_ISREG(status.st_mode)) throw Unavailable(path + " is not a regular file");
  if (status.st_nlink > 1) throw Unavailable(path + " is a file with several names (hard links): remove it");
  return descriptor.release();
}

[[noreturn]] void refuse_held(const std::string& path, const std::string& held_by) {
  const pid_t owner = number_in(held_by);
  if (owner > 0 && (::kill(owner, 0) == 0 || errno == EPERM))
    throw Unavailable("a server runs already: process " + held_by + " holds " + path);
  throw Unavailable(path + " is locked, but names no process that runs: a server is just starting or ending, or " +
                    "another user, who may read the file, holds its lock; 'fuser " + path +
                    "' as root names the holder, and if that is no server, remove the file");
}

}  // namespace

// The file before it has its name.
class PidFile::Candidate {
 public:
  // `number` is that of a process that makes no other one meanwhile: this one, or whose place it takes.
  Candidate(const std::string& path, pid_t number) : name_(name(path, number)), file_(make(name_)) {
    if (file_.number() < 0) refuse("cannot make a file beside " + path);
    const auto text = std::to_string(::getpid()) + "\n";
    // Locked before it is readable for others, who might lock it first.
    if (!lock(file_.number()) ||
        ::write(file_.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fchmod(file_.number(), 0644) != 0) {
      const int error = errno;
      ::unlink(name_.c_str());
      errno = error;
      refuse("cannot write " + name_);
    }
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;
  ~Candidate() {
    if (file_.number() >= 0) ::unlink(name_.c_str());
  }

  // False: the name is taken.
  bool take_free(const std::string& path) {
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EEXIST) refuse("cannot write " + path);
    return false;
  }
  void replace(const std::string& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) refuse("cannot replace " + path);
  }
  int release() { return file_.release(); }  // once it has its name

  static std::string name(const std::string& path, pid_t number) {
    const auto base = path.rfind('/') + 1;
    return path.substr(0, base) + '.' + path.substr(base) + '.' + std::to_string(number);
  }

 private:
  // Whatever has that name was left by a dead process.
  static int make(const std::string& name) {
    ::unlink(name.c_str());
    return ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }

  std::string name_;
  Descriptor file_;
};

PidFile::PidFile(std::string path) : path_(std::move(path)) {}

PidFile::~PidFile() {
  if (held_ >= 0) ::close(held_);
}

std::string PidFile::claim() {
  Candidate candidate(path_, ::getpid());
  for (int turn = 0; turn < turns; ++turn) {
    if (candidate.take_free(path_)) {
      held_ = candidate.release();
      return {};
    }
    const Descriptor old(open_existing(path_));
    if (old.number() < 0) continue;
    const bool locked = lock(old.number());
    if (!same(old.number(), path_)) continue;
    auto was = contents(old.number());
    if (!locked) refuse_held(path_, was);
    // Nobody else replaces or removes it while we hold its lock.
    candidate.replace(path_);
    held_ = candidate.release();
    return was.empty() ? "nothing" : was;
  }
  throw Unavailable(path_ + " changes all the time: other servers start and end");
}

void PidFile::prepare(pid_t predecessor) { candidate_ = std::make_unique<Candidate>(path_, predecessor); }

void PidFile::take_over(pid_t predecessor) {
  const auto candidate = std::move(candidate_);
  if (!candidate->take_free(path_)) {
    const Descriptor old(open_existing(path_));
    const auto names = old.number() < 0 ? std::string() : contents(old.number());
    if (number_in(names) != predecessor)
      throw Unavailable(path_ + " names process " + names + ", not " + std::to_string(predecessor) +
                        ", whose place this one takes: it is left alone");
    candidate->replace(path_);
  }
  held_ = candidate->release();
}

void PidFile::remove_prepared() const { ::unlink(Candidate::name(path_, ::getpid()).c_str()); }

void PidFile::remove() {
  candidate_.reset();
  if (held_ < 0) return;
  const Descriptor ours(std::exchange(held_, -1));
  if (same(ours.number(), path_) && ::unlink(path_.c_str()) != 0 && errno != ENOENT) refuse("cannot remove " + path_);
}

}  // namespace pidfile
