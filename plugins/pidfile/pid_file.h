// A file that names the process that serves, locked as long as it does: the lock says whether somebody serves, the
// number only who.
#pragma once

#include <sys/types.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace pidfile {

// The file cannot be had; a sentence for operators.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One thread. The file of another process is never changed, unless that process is dead or gives way to this one.
class PidFile {
 public:
  explicit PidFile(std::string path);
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();

  // Writes the pid of this process. Returns what stood in a file that nobody held, empty if there was none. Throws
  // Unavailable: somebody holds it, it is no file that may be replaced, or it cannot be written.
  std::string claim();
  // Gets all that `take_over` needs beside `predecessor`'s file, which stays as it is. Throws Unavailable.
  void prepare(pid_t predecessor);
  // Takes the place of `predecessor`, which still holds it. Throws Unavailable if the file is somebody else's by now.
  void take_over(pid_t predecessor);
  // What a successor that was killed had prepared.
  void remove_prepared() const;
  // Removes it if it is still ours. Throws Unavailable if that is not allowed.
  void remove();

 private:
  class Candidate;

  std::string path_;
  std::unique_ptr<Candidate> candidate_;
  int held_ = -1;
};

}  // namespace pidfile
