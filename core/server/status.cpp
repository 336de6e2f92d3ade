// Plain lines, so that an older command understands a newer server.
#include "server/status.h"

namespace kirsch::server {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::string status_text(const Whole& whole, std::string_view served, const std::vector<ServerState>& servers) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(whole.started.time_since_epoch()).count();
  std::string text = "pid " + std::to_string(whole.pid) + "\nkeeper " + (whole.keeper ? "yes" : "no") + "\nsince " +
                     std::to_string(since) + "\nconfiguration " + whole.configuration.string() + '\n';
  text += served;
  for (const auto& server : servers)
    text += "process " + std::to_string(server.pid) + ' ' + server.state + ' ' + std::to_string(server.load.requests) +
            ' ' + std::to_string(server.load.connections) + '\n';
  return text;
}

std::string drain_text(const Loops::Load& load) {
  const auto seconds = (load.drain_left.count() + 999) / 1000;
  return counted(load.requests, "request") + ", " + counted(load.connections, "connection") + ", " +
         std::to_string(seconds) + " s";
}

}  // namespace kirsch::server
