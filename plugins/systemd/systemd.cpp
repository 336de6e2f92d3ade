// Tells systemd what the server does: that it serves, reloads or stops, and that its loops are alive.
#include <kirsch/module.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "heartbeat.h"
#include "notify_socket.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
}

struct Systemd {
  void prepare() {
    if (const auto address = environment("NOTIFY_SOCKET"); !address.empty())
      socket_ = std::make_shared<const systemd::NotifySocket>(address);
  }

  void start() {
    if (!socket_) return;
    ready_.emplace("ready", 100, [this](const kirsch::Event& event) { serving(event.message); });
    reloading_.emplace("graceful", 0, [this](const kirsch::Event&) {
      tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() + "\nSTATUS=reloading");
    });
    reloaded_.emplace("graceful", 100, [this](const kirsch::Event&) { tell("READY=1\nSTATUS=" + status_); });
    retired_.emplace("retire", 0, [this](const kirsch::Event&) { replaced_ = true; });
  }

  // Of the whole, which each server of a keeper says; not of a process that others have replaced, or that never served.
  void stop() const {
    if (!serves_ || replaced_) return;
    tell("STOPPING=1\nSTATUS=serving what was accepted");
  }

 private:
  void serving(std::string_view addresses) {
    serves_ = true;
    status_ = addresses;
    while (status_.ends_with('\n')) status_.pop_back();
    for (auto at = status_.find("\nserving "); at != std::string::npos; at = status_.find("\nserving ", at))
      status_.replace(at, 9, ", ");
    tell("READY=1\nMAINPID=" + std::to_string(kirsch::Process::main_pid()) + "\nSTATUS=" + status_);
    watch();
  }

  // A quarter of the time that systemd waits: a round that is late once is no reason to kill the server.
  void watch() {
    const auto interval = std::chrono::microseconds(number(environment("WATCHDOG_USEC")));
    const auto watched = number(environment("WATCHDOG_PID"));
    // A successor has inherited the environment of the process that systemd started.
    const bool ours = watched == 0 || watched == kirsch::Process::main_pid() || kirsch::Process::predecessor() != 0;
    if (interval.count() <= 0 || !ours) return;
    const auto period =
        std::max(std::chrono::duration_cast<std::chrono::milliseconds>(interval / 4), std::chrono::milliseconds(1));
    heartbeat_ = std::make_shared<systemd::Heartbeat>(kirsch::loops(), period,
                                                      [socket = socket_] { socket->try_send("WATCHDOG=1"); });
    heartbeat_->begin();
    kirsch::log(kirsch::Level::info, "the watchdog is fed every ", std::to_string(period.count()), " ms");
  }

  void tell(const std::string& lines) const {
    if (!socket_->send(lines)) kirsch::log(kirsch::Level::warning, "systemd does not take messages");
  }

  std::shared_ptr<const systemd::NotifySocket> socket_;
  std::shared_ptr<systemd::Heartbeat> heartbeat_;
  std::string status_;
  std::optional<kirsch::Subscription> ready_, reloading_, reloaded_, retired_;
  bool serves_ = false;
  bool replaced_ = false;
};

}  // namespace

KIRSCH_MODULE("systemd", "1.0.0", kirsch::summary("Tells systemd when the server serves, reloads, stops, and lives"),
              kirsch::requires_feature(KIRSCH_FEATURE_BUS), kirsch::requires_feature(KIRSCH_FEATURE_PROCESS),
              kirsch::requires_feature(KIRSCH_FEATURE_TIMER), kirsch::requires_feature(KIRSCH_FEATURE_POST),
              kirsch::plugin<Systemd>("systemd").priority(kirsch::Channel::stop, 100));
