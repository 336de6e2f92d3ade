// Reads words, writes sentences or JSON.
#include "command/status_report.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <sstream>

#include "command/json.h"

namespace kirsch::command {
namespace {

std::string utc(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[sizeof "2026-11-26T12:00:00Z"];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

StatusReport StatusReport::of(std::string_view lines) {
  StatusReport report;
  std::istringstream in{std::string(lines)};
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    const auto name = line.substr(0, space);
    const auto rest = space == std::string::npos ? std::string() : line.substr(space + 1);
    std::istringstream words(rest);
    if (name == "pid") {
      words >> report.pid;
    } else if (name == "keeper") {
      report.keeper = rest == "yes";
    } else if (name == "since") {
      words >> report.since;
    } else if (name == "configuration") {
      report.configuration = rest;
    } else if (name == "serving") {
      report.serving.push_back(rest);
    } else if (name == "process") {
      auto& process = report.processes.emplace_back();
      words >> process.pid >> process.state >> process.requests >> process.connections;
    } else if (name == "generation" && !report.processes.empty()) {
      auto& generation = report.processes.back().generations.emplace_back();
      words >> generation.number >> generation.loaded >> generation.uses;
    } else if (name == "pinned" && !report.processes.empty()) {
      auto& pinned = report.processes.back().pinned.emplace_back();
      words >> pinned.module >> pinned.version >> pinned.build;
    } else if (name == "metric" && !report.processes.empty()) {
      const auto value = rest.rfind(' ');  // a label may hold any byte
      if (value == std::string::npos) continue;
      report.processes.back().metrics.emplace_back(rest.substr(0, value), std::strtod(rest.c_str() + value, nullptr));
    } else if (name == "left_out" && !report.processes.empty()) {
      words >> report.processes.back().left_out;
    }
  }
  return report;
}

std::string StatusReport::text() const {
  std::string text = "kirsch, pid " + std::to_string(pid) + (keeper ? " (keeper)" : "") + ", since " + utc(since) +
                     "\n  configuration " + configuration + '\n';
  for (const auto& url : serving) text += "  serving " + url + '\n';
  for (const auto& process : processes) {
    text += "  process " + std::to_string(process.pid) + ' ' + process.state + ": " +
            counted(process.requests, "request") + ", " + counted(process.connections, "connection") + '\n';
    for (const auto& one : process.generations) {
      const bool current = &one == &process.generations.back();
      text += "    generation " + std::to_string(one.number) + ", loaded " + utc(one.loaded) +
              (current ? "" : ", still used by " + counted(one.uses, "request") + " or streams") + '\n';
    }
    for (const auto& one : process.pinned)
      text += "    pinned: " + one.module + ' ' + one.version + " (build " + one.build + ")\n";
    if (process.left_out != 0) text += "    " + counted(process.left_out, "line") + " more did not fit\n";
  }
  return text;
}

std::string StatusReport::json() const {
  JsonWriter json;
  json.open_object().field("pid", pid).field("keeper", keeper).field("since", utc(since));
  json.field("uptime_s", now() - since).field("configuration", configuration).strings("serving", serving);
  json.key("processes").open_array();
  for (const auto& process : processes) {
    json.open_object().field("pid", process.pid).field("state", process.state);
    json.field("requests", process.requests).field("connections", process.connections);
    json.key("generations").open_array();
    for (const auto& one : process.generations) {
      json.open_object().field("number", one.number).field("loaded", utc(one.loaded));
      json.field("uses", one.uses).close_object();
    }
    json.close_array().key("pinned").open_array();
    for (const auto& one : process.pinned) {
      json.open_object().field("module", one.module).field("version", one.version);
      json.field("build", one.build).close_object();
    }
    json.close_array().key("metrics").open_object();
    for (const auto& [sample, value] : process.metrics)
      std::isfinite(value) ? json.key(sample).number(value) : json.key(sample).null();
    json.close_object();
    if (process.left_out != 0) json.field("left_out", process.left_out);
    json.close_object();
  }
  return json.close_array().close_object().text();
}

}  // namespace kirsch::command
