// The server as modules see it: the kirsch_host of each module and the tables behind its features.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/logs.h"
#include "kirsch/abi.h"
#include "net/loop.h"
#include "pipeline/metrics.h"
#include "pipeline/worker_pool.h"

namespace kirsch::pipeline {

class Dispatcher;
struct ModuleHost;

// The engine as modules use it: kirsch_bus and kirsch_process without the host. The contracts stand there.
struct Engine {
  std::function<void(std::string_view reason)> exit;
  std::function<void(std::string_view reason)> force;
  std::function<bool()> stopping;
  std::function<void(std::string_view channel, std::string_view reason)> request;
  std::function<void(std::string_view channel, std::string_view message)> publish;
  std::function<std::uint64_t(std::string_view owner, std::string_view channel, int priority, kirsch_listen, void*)>
      subscribe;
  std::function<void(std::uint64_t subscription)> unsubscribe;
  std::function<std::int32_t()> predecessor;
  std::function<std::int32_t()> main_pid;
  std::function<void(std::uint32_t user, std::uint32_t group)> give;  // throws std::exception
};

// For trials of modules: changes what a module gets of its host, before it is loaded. Empty: nothing.
using AmendHost = std::function<void(const std::string& module, kirsch_host& table)>;

// One per process; outlives every module. Threads and loops come after modules are loaded: `connect` announces them.
class Host {
 public:
  Host(base::Logs& logs, std::uint32_t loops, std::uint32_t workers, Engine engine, AmendHost amend = {});
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  // By lane. Once, before any loop runs; all stay where they are until no module is left.
  void connect(std::vector<net::Loop*> loops, std::vector<Dispatcher*> dispatchers, WorkerPool* workers);

  // The ids of all features, for the loader's check of manifests.
  static std::vector<std::string> features();

  // A host table for one load of a module, which it must outlive.
  std::shared_ptr<const kirsch_host> table_for(const std::string& module, const std::string& version);
  // The module is to go. Its timers end, what it has left with loops and workers is waited for, and from now on there
  // are none for it. False: something of it still runs. Not on a loop; before instances are destroyed.
  bool end_calls(const kirsch_host& table, std::chrono::milliseconds patience);
  // After they are: takes off the metrics, and the listeners on channels, that the module has left. Returns how many of
  // the latter.
  std::size_t release_leftovers(const kirsch_host& table);
  // By id: what modules find as services from now on. Null: none. They outlive their use here.
  using Services = std::map<std::string, kirsch_service, std::less<>>;
  void use_services(const Services* services) { services_ = services; }
  const Metrics& metrics() const { return metrics_; }

 private:
  friend ModuleHost;

  base::Logs& logs_;
  const std::uint32_t loop_count_;
  const std::uint32_t lanes_;
  const Engine engine_;
  const AmendHost amend_;
  Metrics metrics_;
  struct Threads {
    std::vector<net::Loop*> loops;
    std::vector<Dispatcher*> dispatchers;
    WorkerPool* workers;
  };
  std::unique_ptr<const Threads> threads_;
  std::atomic<const Threads*> connected_ = nullptr;  // read by any thread
  const Services* services_ = nullptr;
  using Storages = std::map<std::string, std::unique_ptr<std::byte[]>>;
  Storages storages_;
};

}  // namespace kirsch::pipeline
