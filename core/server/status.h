// What `kirsch status` and `kirsch stop` are told, as lines of words: one fact each, its name first.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/generations.h"
#include "server/loops.h"

namespace kirsch::server {

struct Whole {
  pid_t pid = 0;
  bool keeper = false;
  std::chrono::system_clock::time_point started;
  std::filesystem::path configuration;
};

struct ServerState {
  pid_t pid = 0;
  std::string state;
  Loops::Load load;
  std::string details = {};  // from details_text
};

// Per generation, the current one last, "generation NUMBER LOADED USES" (seconds since 1970); "pinned NAME VERSION
// BUILD" for modules that are mapped though not in use; "metric NAME VALUE" for each sample of `metrics`, a text as
// Prometheus has it.
std::string details_text(const std::vector<Generations::Use>& generations,
                         const std::vector<ModuleStore::Pinned>& pinned, std::string_view metrics);

// Its lines up to that size; where some do not fit, the last is "left_out NUMBER".
std::string shortened(std::string details, std::size_t most);

// pid, keeper, since (seconds since 1970), configuration; `served` as it was announced; per server "process PID STATE
// REQUESTS CONNECTIONS" and its details.
std::string status_text(const Whole& whole, std::string_view served, const std::vector<ServerState>& servers);

std::chrono::seconds drain_left(const Loops::Load& load);
// "12 requests, 3 connections, 27 s"
std::string drain_text(const Loops::Load& load);

}  // namespace kirsch::server
