// What the daemon tells the process that launched it, over a pipe.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace daemonizer {

struct Report {
  bool serving = false;
  int code = 0;      // of a start that failed: the exit code
  std::string text;  // lines for the terminal
};

// The end that writes: the daemon says who it is, then once what became of the start. It never waits for the reader,
// who may be gone.
class Reporter {
 public:
  explicit Reporter(int pipe) : pipe_(pipe) {}  // takes it over
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter() { close(); }

  void introduce();
  void send(bool serving, int code, std::string_view text);  // and closes
  void close();

 private:
  int pipe_;
};

// The end that reads; non-blocking.
class ReportReader {
 public:
  explicit ReportReader(int pipe) : pipe_(pipe) {}  // the caller's

  // Takes what has arrived. False: the other end is closed.
  bool read();
  pid_t daemon() const;                  // 0: not yet known
  std::optional<Report> report() const;  // once it is complete

 private:
  int pipe_;
  std::string received_;
};

}  // namespace daemonizer
