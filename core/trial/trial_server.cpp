// The server's own process, with the catalogue of the trial in place of directories.
#include "trial/trial_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

#include "net/control_socket.h"
#include "server/crash.h"
#include "server/handover.h"
#include "server/module_catalogue.h"
#include "server/module_search.h"
#include "server/process.h"
#include "trial/inputs.h"
#include "trial/workbench.h"

namespace kirsch::trial {
namespace {

namespace fs = std::filesystem;
using loader::Kind;

constexpr auto patience = std::chrono::seconds(10);
constexpr int left_running = 100;  // exit code: threads of modules were left behind

std::string settings(const fs::path& folder, const fs::path& socket) {
  const auto place = [&](const char* name) { return quoted((folder / name).string()); };
  return "version: 1\nserver: { loops: 2, workers: 4, drain: 1s, keeper: off, allow_root: true, state: " +
         place("state") + ", control: " + place("control") +
         " }\nlisteners: { trial: { bind: " + quoted("unix:" + socket.string()) +
         " } }\nlogs: { error: { to: " + place("log") + " }, " + named_log + ": { to: " + place("lines") + " } }\n";
}

// Starts and serves until it is told to end; the exit code.
int serve(const Subject& subject, const fs::path& configuration, const pipeline::AmendHost& amend) {
  try {
    server::crash::install();
    server::Blueprint blueprint;
    blueprint.file = configuration;
    blueprint.catalogue = server::Handover({}, subject.blueprint.catalogue).catalogue(server::host_abi());
    const server::ModuleCatalogue catalogue(blueprint.catalogue, blueprint.directories);
    blueprint.configuration = config::compile(config::Document::from_file(configuration), catalogue);
    base::Logs logs(blueprint.configuration.logs);
    server::Process process(blueprint, logs, {}, amend);
    const auto code = static_cast<int>(process.run());
    std::cout.flush();
    if (process.abandoned()) ::_exit(left_running);
    return code;
  } catch (const base::Refusal& refusal) {
    std::cerr << "refused: " << refusal.what() << std::endl;
    return static_cast<int>(refusal.exit_code());
  }
}

fs::path made(const fs::path& folder) {
  fs::remove_all(folder);  // of a server before
  fs::create_directories(folder);
  return folder;
}

fs::path configured(const fs::path& folder, const fs::path& socket, const std::string& yaml) {
  fs::path file = folder / "kirsch.yaml";
  std::ofstream(file) << settings(folder, socket) << yaml;
  return file;
}

// What is written stands on the path `/`.
std::string path(const std::string& handler, const std::string& tools = {}) {
  return "paths: { /: { handler: { " + handler + " }" + (tools.empty() ? "" : ", tools: { " + tools + " }") + " } }\n";
}

}  // namespace

Use use_of(const Subject& subject, std::size_t index) {
  const auto& offer = subject.manifest().provides[index];
  const auto& catalogue = subject.blueprint.catalogue;
  const std::string use = offer.name + ": " + options_of(subject, offer), answer = "respond: { body: here }";
  if (offer.kind == Kind::handler) return {path(use), {}};
  const auto wanted = [&](Kind kind, const char* name) { return catalogue.find(kind, name) != nullptr; };
  if (offer.kind == Kind::service && offer.service == "kirsch/websocket-application/1" &&
      wanted(Kind::handler, "websocket"))
    return {path("websocket: { app: { " + use + " } }"), {}};
  if (!wanted(Kind::handler, "respond"))
    return {std::nullopt, "the module respond, which is to answer behind it, is not found; name its folder: --path"};
  if (offer.kind == Kind::tool) return {path(answer, use), {}};
  if (offer.kind == Kind::service && offer.service == "kirsch/session-storage/1" && wanted(Kind::tool, "sessions"))
    return {path(answer, "sessions: { storage: { " + use + " } }"), {}};
  if (offer.kind == Kind::service)
    return {std::nullopt, "only those who use the service " + offer.service + " can call it"};
  if (subject.manifest().phase == loader::Phase::early)
    return {std::nullopt, "an early plugin changes the process that it runs in; try it with kirsch run"};
  return {"engine: { " + use + " }\n" + path(answer), {}};
}

TrialServer::TrialServer(const Subject& subject, const std::string& yaml, const pipeline::AmendHost& amend)
    : folder_(made(subject.folder / "server")),
      directory_(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      socket_("/proc/self/fd/" + std::to_string(directory_.get()) + "/socket"),
      configuration_(configured(folder_, socket_, yaml)),
      output_(folder_ / "output"),
      process_([&] { return serve(subject, configuration_, amend); }, output_.c_str()) {}

bool TrialServer::serves() {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (line_with("ready").empty()) {
    if (process_.ends_within(std::chrono::milliseconds(5)) || std::chrono::steady_clock::now() > until) return false;
  }
  return true;
}

std::optional<Outcome> TrialServer::not_serving() {
  if (serves()) return std::nullopt;
  if (lives()) return failed("the server does not come to serve within 10 s; start, init and create must not wait");
  if (const auto how = fault(); how.find("signal") != std::string::npos || process_.exit_code() == left_running)
    return failed("the server " + how + " while it started");
  return skipped("a server does not start with it: " + refusal() + "; say options that work: --with 'NAME: { … }'");
}

std::string TrialServer::ask(std::string_view bytes, std::chrono::milliseconds patience_of_client) {
  std::string answer;
  if (const auto client = connect()) {
    client->send(bytes, std::chrono::seconds(1));
    answer = client->receive(patience_of_client);
  }
  // A dying process has closed its connections, or writes its report, before it can be waited for.
  if (process_.ending() || (answer.empty() && !line_with("fatal signal").empty()))
    process_.ends_within(std::chrono::seconds(1));
  return answer;
}

std::string TrialServer::line_with(const std::string& text) const {
  for (const auto& file : {output_, folder_ / "log"}) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
      if (line.find(text) != std::string::npos) return line.substr(line.find(text));
  }
  return {};
}

std::string TrialServer::fault() const {
  if (process_.exit_code() == left_running)
    return "does not end by itself: something of the module still runs; end its steps, threads, timers and tasks";
  const auto how = process_.fault();
  const auto running = line_with("running module ");
  return how.empty() || running.empty() ? how : how + " " + running;
}

std::string TrialServer::refusal() const {
  const auto line = line_with("refused: ");
  return line.empty() ? process_.fault() : line.substr(9);
}

std::string TrialServer::end() {
  auto control = net::connect_control(folder_ / "control");
  if (control) control->channel.send("stop");
  if (!process_.ends_within(patience))
    return "does not end: something of the module still runs after stop; end its threads in stop, and timers and tasks";
  return fault();
}

}  // namespace kirsch::trial
