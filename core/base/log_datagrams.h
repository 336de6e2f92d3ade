// Logs as datagrams to the daemon of the system that collects them: syslog and journald.
#pragma once

#include <string>

#include "base/log_destination.h"
#include "base/unique_fd.h"

namespace kirsch::base {

// Connects when there is something to send, and anew when the daemon was restarted.
class LogDatagrams : public LogDestination {
 public:
  Progress write(std::string_view lines) noexcept final;

 protected:
  // `path` is that of the daemon's socket.
  LogDatagrams(std::string identifier, std::string path) : identifier_(std::move(identifier)), path_(std::move(path)) {}
  const std::string& identifier() const noexcept { return identifier_; }
  // The datagram of a line without its end, valid until the next call.
  virtual std::string_view datagram(std::string_view line) = 0;

 private:
  int send(std::string_view datagram) noexcept;
  int connect() noexcept;

  std::string identifier_;
  std::string path_;
  UniqueFd socket_;
};

// RFC 3164 §4.1 as local daemons expect it: no host name, local time, "<30>Jan 31 12:00:00 kirsch[123]: text".
class Syslog final : public LogDatagrams {
 public:
  explicit Syslog(std::string identifier, std::string path = "/dev/log")
      : LogDatagrams(std::move(identifier), std::move(path)) {}
  void begin(LogLine& line, Level level) const noexcept override;

 private:
  std::string_view datagram(std::string_view line) override { return line; }
};

// https://systemd.io/JOURNAL_NATIVE_PROTOCOL: fields PRIORITY, SYSLOG_IDENTIFIER and MESSAGE, one a line. A LogLine has
// no line end inside, so no value needs the form with its length in front.
class Journald final : public LogDatagrams {
 public:
  explicit Journald(std::string identifier, std::string path = "/run/systemd/journal/socket")
      : LogDatagrams(std::move(identifier), std::move(path)) {}
  // A line waits as one digit for its priority, and the text.
  void begin(LogLine& line, Level level) const noexcept override;

 private:
  std::string_view datagram(std::string_view line) override;

  std::string datagram_;
};

}  // namespace kirsch::base
