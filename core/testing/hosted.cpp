// The core's steps on the channels of the bus are those of server::Process that need no process.
#include "testing/hosted.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "kirsch/testing.h"
#include "net/address.h"
#include "server/failures.h"
#include "server/generation_builder.h"

namespace kirsch::testing::detail {
namespace {

namespace fs = std::filesystem;

constexpr int generation_priority = 80;
constexpr int loops_priority = 90;
constexpr std::chrono::seconds patience(10);

// Those of "a:b" that are there.
std::vector<fs::path> directories(std::string_view list) {
  std::vector<fs::path> found;
  while (!list.empty()) {
    const auto end = std::min(list.find(':'), list.size());
    std::error_code error;
    if (const fs::path directory(list.substr(0, end)); fs::is_directory(directory, error))
      found.push_back(fs::absolute(directory));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return found;
}

void refuse_early(const server::Blueprint& blueprint) {
  std::vector<base::Diagnostic> errors;
  for (const auto& use : blueprint.configuration.engine) {
    if (blueprint.catalogue.find(loader::Kind::plugin, use.name)->file->manifest->phase == loader::Phase::late)
      continue;
    errors.push_back(
        {.code = "E004",
         .message = "the plugin '" + use.name + "' is of phase early: it changes the process, which is the test's",
         .position = use.origin,
         .help = "test it with a server of its own"});
  }
  if (!errors.empty()) throw base::Refusal(std::move(errors));
}

kirsch_address address_of(std::string_view client) {
  const auto host = client.find(':') == std::string_view::npos ? std::string(client) : "[" + std::string(client) + "]";
  const auto address = net::Address::parse(host + ":49152");
  if (!address) throw std::invalid_argument("no address of a client: " + std::string(client));
  return address->raw();
}

}  // namespace

Hosted::Hosted(const config::Document& document, const std::string& name, std::string_view plugins)
    : blueprint_(with_own_logs(server::blueprint_of(document, name, directories(plugins)))),
      logs_(blueprint_->configuration.logs),
      failures_(logs_.error()),
      bus_(failures_),
      listeners_(bus_),
      host_(logs_, Serving::loops, Serving::workers, engine()),
      store_(host_, logs_.error(), folder_.path()),
      generation_(1, blueprint_, host_, store_, nullptr, Serving::loops, [] {}),
      plugins_(*blueprint_, generation_.modules, server::Share::all) {
  generation_.modules.offer_services();
  bus_.subscribe({"start", "modules", generation_priority, [this](std::string_view) { load(); }});
  bus_.subscribe({"start", "loops", loops_priority, [this](std::string_view) {
                    serving_.emplace(blueprint_->configuration, folder_.path(), logs_.error(), host_, clock_);
                    serving_->serve(generation_.pipeline);
                  }});
  plugins_.subscribe(bus_);
  const Clock::Use time(clock_);
  if (!bus_.start())
    throw base::Refusal(
        {.message = "a plugin has asked for the end while it was started", .exit_code = base::ExitCode::internal});
  bus_.publish("ready");
  settle();
}

Hosted::~Hosted() {
  try {
    stop();
  } catch (const std::exception& error) {  // of something that does not end
    logs_.error().write(base::Level::error, error.what());
  }
  if (serving_) serving_->end();
}

// Every log is a file of the folder.
std::shared_ptr<const server::Blueprint> Hosted::with_own_logs(server::Blueprint blueprint) const {
  refuse_early(blueprint);
  const auto file = [this](const std::string& log) {
    return base::LogTarget{base::LogTarget::Kind::file, (folder_.path() / (log + ".log")).string()};
  };
  auto& logs = blueprint.configuration.logs;
  logs.error = file("error");
  for (auto& named : logs.named) named.target = file(named.name);
  return std::make_shared<const server::Blueprint>(std::move(blueprint));
}

pipeline::Engine Hosted::engine() {
  return {
      .exit = [this](std::string_view reason) { bus_.request_exit(reason); },
      .force = [this](std::string_view reason) { bus_.force(reason); },
      .stopping = [this] { return bus_.stopping(); },
      .request =
          [this](std::string_view channel, std::string_view reason) {
            const std::lock_guard lock(mutex_);
            requests_.emplace_back(channel, reason);
          },
      .publish = [this](std::string_view channel, std::string_view message) { bus_.publish(channel, message); },
      .subscribe = [this](std::string_view owner, std::string_view channel, int priority, kirsch_listen listen,
                          void* self) { return listeners_.add(owner, channel, priority, listen, self); },
      .unsubscribe = [this](std::uint64_t subscription) { listeners_.remove(subscription); },
      .predecessor = [] { return 0; },
      .main_pid = [] { return ::getpid(); },
      .give = [](std::uint32_t, std::uint32_t) {},
  };
}

void Hosted::load() {
  const auto& configuration = blueprint_->configuration;
  generation_.modules.load(loader::Phase::late);
  plugins_.create(loader::Phase::late);
  // A client comes to the first listener.
  for (std::uint32_t number = 0; number < configuration.listeners.size(); ++number)
    generation_.numbers.push_back(number);
  server::build_generation(configuration, generation_.numbers, generation_.modules, generation_.pipeline);
  blueprint_->catalogue.release_files();
}

std::shared_ptr<Wire> Hosted::connect(std::string_view client, bool secure) {
  if (bus_.state() != engine::State::started) throw std::logic_error("the host was stopped and answers no more");
  const Clock::Use time(clock_);
  return serving_->accept(address_of(client), secure);
}

void Hosted::settle() {
  if (settling_) return;
  const Clock::Use time(clock_);
  const auto deadline = Clock::real_now() + patience;
  bool more = true;
  while (more && Clock::real_now() < deadline) {
    settling_ = true;
    publish_requests();
    more = serving_->step();
    settling_ = false;
  }
  if (more) throw std::runtime_error("the host has been busy for ten seconds: a blocking step or a task does not end");
}

void Hosted::publish_requests() {
  std::vector<std::pair<std::string, std::string>> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
  }
  for (const auto& [channel, reason] : requests) bus_.publish(channel, reason);
}

void Hosted::advance(std::chrono::milliseconds time) {
  const auto end = clock_.now() + time;
  settle();
  for (auto due = serving_->loop().next_due(); due && *due <= end; due = serving_->loop().next_due()) {
    clock_.move_to(*due);
    settle();
  }
  clock_.move_to(end);
  settle();
}

bool Hosted::wait(std::chrono::milliseconds limit) {
  const auto end = Clock::real_now() + limit;
  {
    const Clock::Use time(clock_);
    serving_->loop().step(limit);
  }
  settle();
  return Clock::real_now() < end;
}

std::vector<std::string> Hosted::log(std::string_view name) {
  logs_.error().tell_repetitions(true);
  const bool error = name == "error";
  if (!error && logs_.find(name) == nullptr) throw std::invalid_argument("no log '" + std::string(name) + "'");
  std::ifstream file(folder_.path() / (std::string(name) + ".log"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(error ? line.substr(line.find(' ') + 1) : line);
  return lines;
}

void Hosted::publish(std::string_view channel, std::string_view message) {
  const Clock::Use time(clock_);
  const auto verdict = server::verdict_of(bus_.publish(channel, message), base::ExitCode::internal);
  settle();
  if (!verdict.text.empty()) throw Refused(verdict.text);
}

void Hosted::stop() {
  if (bus_.state() != engine::State::started) return;
  const Clock::Use time(clock_);
  serving_->drain();
  settle();
  bus_.exit();
}

std::string Hosted::outlook() const {
  const auto due = serving_->loop().next_due();
  if (!due) return "there is no timer";
  return "the next timer is due in " +
         base::duration_text(std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.now()) /
                             std::chrono::nanoseconds(1));
}

}  // namespace kirsch::testing::detail
