// All logs of the process: the error log, the logs of lines that the configuration names, and the thread that writes
// them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/error_log.h"
#include "base/log_destination.h"
#include "base/log_settings.h"

namespace kirsch::base {

class Logs {
  struct Entry;

 public:
  // A log of lines, as long as Logs. Any thread; never blocks once the thread runs. False: the line is dropped and
  // counted, because too many wait. Bytes outside of printable ASCII appear as \xHH; a line is cut at LogLine::largest.
  class Named {
   public:
    Named(Logs& logs, Entry& entry) noexcept : logs_(logs), entry_(entry) {}
    bool append(std::string_view line) noexcept { return logs_.put(entry_, Level::info, line); }

   private:
    Logs& logs_;
    Entry& entry_;
  };

  // Opens all of them. Throws Refusal.
  explicit Logs(const LogSettings& settings);
  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;
  ~Logs();  // as finish

  ErrorLog& error() noexcept { return error_; }
  // Null: the configuration names none like that.
  Named* find(std::string_view name) noexcept;

  // From here on lines are written by a thread of its own, those of named logs some milliseconds later and many at
  // once; until then, and after finish, by whoever logs. Throws std::system_error.
  void start();
  // Writes what waits and ends the thread. What no destination takes within a second is lost, and standard error is
  // told. Once.
  void finish() noexcept;

  // Opens all files anew, those that this process may not open by `elsewhere`. One that cannot be opened goes on where
  // it went; what is wrong with it is returned.
  std::vector<Diagnostic> reopen(const LogOpener& elsewhere = {});

 private:
  bool put(Entry& entry, Level level, std::string_view line) noexcept;
  enum class Wanted : std::uint8_t { nothing, soon, now };
  void want(Wanted wanted) noexcept;
  void run() noexcept;
  void write_all(SteadyTime now) noexcept;
  void write(Entry& entry, SteadyTime now) noexcept;
  void tell_dropped(Entry& entry) noexcept;
  void complain(Entry& entry, int error, SteadyTime now) noexcept;
  bool all_taken_in_time() noexcept;

  std::vector<std::unique_ptr<Entry>> entries_;  // the error log first
  ErrorLog error_;
  std::atomic<bool> running_ = false;  // the thread
  SteadyTime next_turn_{};             // the thread's own
  std::mutex mutex_;
  std::condition_variable changed_;
  Wanted wanted_ = Wanted::nothing;
  bool ending_ = false;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace kirsch::base
