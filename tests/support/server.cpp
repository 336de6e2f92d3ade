// Starts the server and learns its addresses from what it prints.
#include "support/server.h"

#include <signal.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "support/kirsch.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

// For an orderly end, which is when leaks are found; what still holds a worker is killed then.
constexpr Milliseconds farewell{2000};

bool has_line(std::string_view text, std::string_view line) {
  const std::string wanted = std::string(line) + "\n";
  for (auto at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return true;
  }
  return false;
}

std::vector<std::string> served_addresses(std::string_view out) {
  constexpr std::string_view prefix = "serving ";
  std::vector<std::string> addresses;
  while (!out.empty()) {
    const auto line = out.substr(0, out.find('\n'));
    if (line.substr(0, prefix.size()) == prefix) addresses.emplace_back(line.substr(prefix.size()));
    out.remove_prefix(std::min(out.size(), line.size() + 1));
  }
  return addresses;
}

// What follows the `number`-th occurrence of `piece` in its line, once that line is complete.
std::optional<std::string> line_behind(std::string_view text, std::string_view piece, std::size_t number) {
  std::size_t at = 0;
  for (; number > 0; --number) {
    at = text.find(piece, at);
    if (at == std::string_view::npos) return std::nullopt;
    at += piece.size();
  }
  const auto end = text.find('\n', at);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(at, end - at));
}

// With the driver that the second run of a test wants, unless the YAML chooses one.
std::string with_driver(std::string yaml) {
  const char* name = std::getenv("KIRSCH_DRIVER");
  if (name == nullptr || yaml.find("driver:") != std::string::npos) return yaml;
  const std::string driver = std::string("driver: ") + name;
  constexpr std::string_view section = "server: {";
  const auto at = yaml.rfind(section, 0) == 0 ? 0 : yaml.find("\n" + std::string(section));
  if (at == std::string::npos) return yaml + "server: { " + driver + " }\n";
  return yaml.insert(yaml.find('{', at) + 1, " " + driver + ",");
}

}  // namespace

std::string loopback(std::string_view rest) {
  return "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\" } }\n" + std::string(rest);
}

std::string completed(std::string_view yaml) {
  std::string whole(yaml);
  const auto lacks = [&](const std::string& key) {
    return whole.rfind(key, 0) != 0 && whole.find('\n' + key) == std::string::npos;
  };
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  const auto build = build_folder().string();
  if (lacks("plugins:")) whole += "plugins: { path: [\"" + build + "/plugins\", \"" + build + "/fixtures\"] }\n";
  if (lacks("engine:")) whole += "engine: { signals: {} }\n";
  return with_driver(std::move(whole));
}

Server::Server(std::string_view yaml, const ServerOptions& options) {
  if (!options.neighbours.empty()) {
    std::filesystem::copy(options.neighbours, folder_.path(), std::filesystem::copy_options::recursive);
  }
  for (const auto& [name, contents] : options.files) folder_.write(name, contents);
  const auto file = folder_.write("kirsch.yaml", completed(yaml));
  const auto state = folder_.path() / "state";
  std::filesystem::create_directory(state);
  std::filesystem::permissions(state, std::filesystem::perms::owner_all);

  std::vector<std::string> arguments = options.launcher;
  for (const auto& word : {kirsch_program().string(), std::string("run"), std::string("-c"), file.string()})
    arguments.push_back(word);
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  auto environment = options.environment;
  environment.emplace("STATE_DIRECTORY", state.string());
  process_.emplace(arguments, ProcessOptions{.folder = folder_.path(), .environment = environment, .input = {}});
  if (!options.wait_until_ready) return;
  if (!process_->wait_for([](const auto& output) { return has_line(output.out, "ready"); }, options.deadline)) {
    throw std::runtime_error("the server did not become ready; its output:\n" + log());
  }
  addresses_ = served_addresses(process_->output().out);
}

Server::~Server() {
  process_->signal(SIGTERM);
  process_->wait_for([](const auto& output) { return output.ended; }, farewell);
  const auto output = log();
  if (output.find("Sanitizer") == std::string::npos && output.find(": runtime error: ") == std::string::npos) return;
  std::cerr << output << std::flush;
  std::abort();
}

std::uint16_t Server::port(std::size_t listener) const {
  const auto& address = addresses_.at(listener);
  const auto colon = address.rfind(':');
  unsigned number = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), number);
  if (address.rfind("http", 0) != 0 || number == 0 || number > 65535) {
    throw std::runtime_error("no port in the address '" + address + "'");
  }
  return static_cast<std::uint16_t>(number);
}

std::string Server::socket_path(std::size_t listener) const {
  const auto& address = addresses_.at(listener);
  if (address.rfind("unix:", 0) != 0) throw std::runtime_error("no unix socket in the address '" + address + "'");
  return address.substr(5);
}

void Server::wait_for_log(std::string_view text, std::size_t times, Milliseconds deadline) const {
  const auto enough = [&](const Process::Output& output) { return occurrences(output.all, text) >= times; };
  if (!process_->wait_for(enough, deadline)) {
    throw std::runtime_error("the server never said '" + std::string(text) + "'; its output:\n" + log());
  }
}

std::string Server::wait_for_line(std::string_view text, std::size_t number, Milliseconds deadline) const {
  std::optional<std::string> line;
  const auto enough = [&](const Process::Output& output) {
    line = line_behind(output.all, text, number);
    return line.has_value();
  };
  if (!process_->wait_for(enough, deadline)) {
    throw std::runtime_error("the server never completed the line of '" + std::string(text) + "'; its output:\n" +
                             log());
  }
  return *line;
}

int Server::stop(Milliseconds deadline) {
  signal(SIGTERM);
  return wait(deadline);
}

}  // namespace kirsch::test
