// Plain lines, so that an older command understands a newer server.
#include "server/status.h"

#include <algorithm>

namespace kirsch::server {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::int64_t seconds_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string details_text(const std::vector<Generations::Use>& generations,
                         const std::vector<ModuleStore::Pinned>& pinned, std::string_view metrics) {
  std::string text;
  for (const auto& one : generations)
    text += "generation " + std::to_string(one.number) + ' ' + std::to_string(seconds_of(one.loaded)) + ' ' +
            std::to_string(one.uses) + '\n';
  for (const auto& one : pinned)
    text += "pinned " + one.name + ' ' + one.version + ' ' + (one.build_id.empty() ? "-" : one.build_id) + '\n';
  while (!metrics.empty()) {
    const auto line = metrics.substr(0, metrics.find('\n') + 1);
    if (!line.starts_with('#')) text.append("metric ").append(line);
    metrics.remove_prefix(line.size());
  }
  return text;
}

std::string shortened(std::string details, std::size_t most) {
  if (details.size() <= most) return details;
  constexpr std::size_t last_line = 32;
  const auto end = details.begin() + static_cast<std::ptrdiff_t>(details.rfind('\n', most - last_line) + 1);
  const auto left_out = std::count(end, details.end(), '\n');
  details.erase(end, details.end());
  return details + "left_out " + std::to_string(left_out) + '\n';
}

std::string status_text(const Whole& whole, std::string_view served, const std::vector<ServerState>& servers) {
  const auto since = seconds_of(whole.started);
  std::string text = "pid " + std::to_string(whole.pid) + "\nkeeper " + (whole.keeper ? "yes" : "no") + "\nsince " +
                     std::to_string(since) + "\nconfiguration " + whole.configuration.string() + '\n';
  text += served;
  for (const auto& server : servers)
    text += "process " + std::to_string(server.pid) + ' ' + server.state + ' ' + std::to_string(server.load.requests) +
            ' ' + std::to_string(server.load.connections) + '\n' + server.details;
  return text;
}

std::chrono::seconds drain_left(const Loops::Load& load) {
  return std::chrono::ceil<std::chrono::seconds>(load.drain_left);
}

std::string drain_text(const Loops::Load& load) {
  return counted(load.requests, "request") + ", " + counted(load.connections, "connection") + ", " +
         std::to_string(drain_left(load).count()) + " s";
}

}  // namespace kirsch::server
