// The server behind testing::Host: its own parts, but for sockets, threads of loops, and the process.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/logs.h"
#include "base/temporary_folder.h"
#include "engine/bus.h"
#include "pipeline/host.h"
#include "server/engine_plugins.h"
#include "server/generations.h"
#include "server/module_listeners.h"
#include "server/module_store.h"
#include "testing/clock.h"
#include "testing/serving.h"

namespace kirsch::testing::detail {

// What the bus says is about a process; only what fails is news here.
class FailureLog final : public base::Log {
 public:
  explicit FailureLog(base::Log& log) noexcept : log_(log) {}
  void write(base::Level level, std::string_view line) noexcept override {
    if (enabled(level)) log_.write(level, line);
  }
  bool enabled(base::Level level) const noexcept override { return level >= base::Level::warning; }

 private:
  base::Log& log_;
};

// The thread that makes it. Throws base::Refusal where a start would.
class Hosted {
 public:
  Hosted(const config::Document& document, const std::string& name, std::string_view plugins);
  Hosted(const Hosted&) = delete;
  Hosted& operator=(const Hosted&) = delete;
  ~Hosted();

  // A client that has just connected. Throws std::logic_error after stop.
  std::shared_ptr<Wire> connect(std::string_view client, bool secure);
  // Has everything done that can be done at this time of the clock; from inside of that, nothing. Throws
  // std::runtime_error if that does not end.
  void settle();
  void advance(std::chrono::milliseconds time);
  bool wait(std::chrono::milliseconds limit);
  std::vector<std::string> log(std::string_view name);
  void publish(std::string_view channel, std::string_view message);
  void stop();
  // "the next timer is due in 5s", or that there is none.
  std::string outlook() const;

 private:
  pipeline::Engine engine();
  std::shared_ptr<const server::Blueprint> with_own_logs(server::Blueprint blueprint) const;
  void load();
  void publish_requests();

  Clock clock_;
  const base::TemporaryFolder folder_{"kirsch-testing"};  // server.state
  const std::shared_ptr<const server::Blueprint> blueprint_;
  base::Logs logs_;
  FailureLog failures_;
  engine::Bus bus_;
  server::ModuleListeners listeners_;
  pipeline::Host host_;
  std::optional<Serving> serving_;  // destroyed after the modules: threads of theirs may still post
  server::ModuleStore store_;
  server::LoadedGeneration generation_;
  server::EnginePlugins plugins_;
  bool settling_ = false;
  std::mutex mutex_;  // of requests_, which modules make on any thread
  std::vector<std::pair<std::string, std::string>> requests_;
};

}  // namespace kirsch::testing::detail
