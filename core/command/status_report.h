// What a server says of itself, for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kirsch::command {

struct StatusReport {
  struct Generation {
    std::uint64_t number = 0;
    std::int64_t loaded = 0;  // seconds since 1970
    std::uint64_t uses = 0;
  };
  struct Pinned {
    std::string module, version, build;
  };
  struct Process {
    std::int64_t pid = 0;
    std::string state;
    std::uint64_t requests = 0, connections = 0;
    std::vector<Generation> generations;  // the current one last
    std::vector<Pinned> pinned;
    std::vector<std::pair<std::string, double>> metrics;  // samples as Prometheus names them
    std::uint64_t left_out = 0;                           // lines for which there was no room
  };

  std::int64_t pid = 0;
  bool keeper = false;
  std::int64_t since = 0;  // seconds since 1970
  std::string configuration;
  std::vector<std::string> serving;
  std::vector<Process> processes;

  // From the lines of server/status.h; unknown ones are passed over.
  static StatusReport of(std::string_view lines);

  std::string text() const;
  std::string json() const;
};

}  // namespace kirsch::command
