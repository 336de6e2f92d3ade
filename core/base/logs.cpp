// One thread writes for all: a destination that does not take its lines keeps them waiting, the others go on.
#include "base/logs.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/log_queue.h"
#include "base/log_stream.h"

namespace kirsch::base {
namespace {

using namespace std::chrono_literals;

constexpr auto idle = 1h;
constexpr std::size_t buffers_of_lines = 64;  // of a named log: more than threads that log, usually
constexpr auto gathering = 20ms;              // waking a thread for each line costs more than all else of a request
constexpr std::chrono::milliseconds shortest_pause = 10ms;  // after a destination took nothing
constexpr std::chrono::milliseconds longest_pause = 1s;
constexpr auto between_complaints = 1min;
constexpr auto farewell = 1s;

// For what the error log cannot say. Its reader may be gone as well, so nothing is tried twice.
void tell_standard_error(std::string_view text) noexcept {
  StandardError out(LogStamp::time_and_level);
  std::string bytes;
  LogLine line(bytes, ErrorLog::longest_line);
  out.begin(line, Level::error);
  line.append_escaped(text);
  out.write(line.ended());
}

std::string lines(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " line" : " lines"); }

}  // namespace

struct Logs::Entry {
  Entry(Logs& logs, std::string entry_name, const LogTarget& entry_target, const LogSettings& settings, LogStamp stamp,
        const std::string& identifier, std::size_t longest_line, std::size_t buffers)
      : name(std::move(entry_name)),
        target(entry_target),
        queue(open_destination(target, stamp, identifier), settings.queue, longest_line, buffers),
        handle(logs, *this) {}

  const std::string name;
  const LogTarget target;
  LogQueue queue;
  Named handle;
  // The thread's own.
  std::chrono::milliseconds pause = shortest_pause;
  SteadyTime next_try{};
  SteadyTime next_complaint{};
  std::uint64_t dropped = 0;
};

Logs::Logs(const LogSettings& settings)
    : error_(settings.level, [this](Level level, std::string_view line) { put(*entries_.front(), level, line); }) {
  entries_.push_back(std::make_unique<Entry>(*this, "error", settings.error, settings, LogStamp::time_and_level,
                                             "kirsch", ErrorLog::longest_line, 1));
  for (const auto& [name, target] : settings.named) {
    entries_.push_back(std::make_unique<Entry>(*this, name, target, settings, LogStamp::none, "kirsch-" + name,
                                               LogLine::largest, buffers_of_lines));
  }
}

Logs::~Logs() { finish(); }

Logs::Named* Logs::find(std::string_view name) noexcept {
  const auto found =
      std::find_if(entries_.begin() + 1, entries_.end(), [name](const auto& entry) { return entry->name == name; });
  return found == entries_.end() ? nullptr : &(*found)->handle;
}

bool Logs::put(Entry& entry, Level level, std::string_view line) noexcept {
  const auto appended = entry.queue.append(level, line);
  if (!running_.load()) {
    entry.queue.drain();
  } else if (appended == LogQueue::Append::half) {
    want(Wanted::now);
  } else if (appended == LogQueue::Append::first) {
    want(&entry == entries_.front().get() ? Wanted::now : Wanted::soon);
  }
  return appended != LogQueue::Append::dropped;
}

void Logs::want(Wanted wanted) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ >= wanted) return;
    wanted_ = wanted;
  }
  changed_.notify_one();
}

void Logs::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "kirsch-log");
    run();
  });
  running_.store(true);
}

void Logs::run() noexcept {
  for (;;) {
    write_all(steady_now());
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, next_turn_, [this] { return wanted_ != Wanted::nothing || ending_; });
    if (wanted_ == Wanted::soon)
      changed_.wait_until(lock, steady_now() + gathering, [this] { return wanted_ == Wanted::now || ending_; });
    wanted_ = Wanted::nothing;
    if (ending_) return;
  }
}

void Logs::write_all(SteadyTime now) noexcept {
  next_turn_ = now + idle;
  for (const auto& entry : entries_) {
    if (entry->next_try <= now) write(*entry, now);
    if (entry->next_try > now) next_turn_ = std::min(next_turn_, entry->next_try);
  }
  if (const auto due = error_.tell_repetitions()) next_turn_ = std::min(next_turn_, *due);
}

void Logs::write(Entry& entry, SteadyTime now) noexcept {
  const auto progress = entry.queue.drain();
  entry.dropped += entry.queue.take_dropped();
  if (progress.bytes != 0) entry.pause = shortest_pause;
  if (progress.error == 0) return tell_dropped(entry);
  entry.next_try = now + entry.pause;
  entry.pause = std::min(entry.pause * 2, longest_pause);
  complain(entry, progress.error, now);
}

void Logs::tell_dropped(Entry& entry) noexcept {
  const auto count = std::exchange(entry.dropped, 0);
  if (count == 0) return;
  error_.write(Level::warning, "log: " + lines(count) + " of '" + entry.name +
                                   "' dropped, because too many waited (server.limits.log_queue)");
}

// At most once a minute: whoever reads it would otherwise be the next with a full disk.
void Logs::complain(Entry& entry, int error, SteadyTime now) noexcept {
  const bool only_late = error == EAGAIN && entry.dropped == 0;
  if (only_late || now < entry.next_complaint) return;
  entry.next_complaint = now + between_complaints;
  const auto line = "log: '" + entry.name + "' cannot be written to " + text(entry.target) + ": " +
                    (error == EAGAIN ? "nobody reads it" : std::generic_category().message(error)) + "; " +
                    (entry.dropped != 0 ? "lines are dropped" : "its lines wait");
  if (&entry != entries_.front().get()) return error_.write(Level::error, line);
  if (entry.target.kind != LogTarget::Kind::standard_error) tell_standard_error(line);
}

std::vector<Diagnostic> Logs::reopen(const LogOpener& elsewhere) {
  std::vector<Diagnostic> failures;
  for (const auto& entry : entries_) {
    const auto error = entry->queue.reopen(elsewhere);
    if (!error || *error == 0) continue;
    failures.push_back({.code = "C075",
                        .message = "the log " + entry->target.path + " cannot be opened anew: " +
                                   std::generic_category().message(*error) + "; its lines go where they went",
                        .exit_code = ExitCode::bind_or_permission});
  }
  return failures;
}

void Logs::finish() noexcept {
  if (std::exchange(finished_, true)) return;
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
    running_.store(false);
  }
  error_.tell_repetitions(true);
  const bool all = all_taken_in_time();
  for (const auto& entry : entries_) {
    entry->dropped += entry->queue.take_dropped();
    tell_dropped(*entry);
  }
  if (all) return;
  for (const auto& entry : entries_) {
    const auto lost = entry->queue.waiting();
    if (lost == 0) continue;
    tell_standard_error("log: " + lines(lost) + " for " + text(entry->target) + " lost");
  }
}

// False: a destination refused its lines, or took too long.
bool Logs::all_taken_in_time() noexcept {
  const auto deadline = steady_now() + farewell;
  for (;;) {
    bool late = false;
    bool all = true;
    for (const auto& entry : entries_) {
      const int error = entry->queue.drain().error;
      all = all && error == 0;
      late = late || error == EAGAIN;
    }
    if (!late || steady_now() >= deadline) return all;
    std::this_thread::sleep_for(shortest_pause);
  }
}

}  // namespace kirsch::base
