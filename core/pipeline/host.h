// The server as modules see it: the kirsch_host of each module and the tables behind its features.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/logs.h"
#include "kirsch/abi.h"
#include "net/loop.h"
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

// One per process; outlives every module. Threads and loops come after modules are loaded: `connect` announces them.
class Host {
 public:
  Host(base::Logs& logs, std::uint32_t loops, std::uint32_t workers, Engine engine);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  // By lane. Once, before any loop runs; all stay where they are until no module is left.
  void connect(std::vector<net::Loop*> loops, std::vector<Dispatcher*> dispatchers, WorkerPool* workers);

  // The ids of all features, for the loader's check of manifests.
  static std::vector<std::string> features();

  // The host table for a module of that name; valid as long as this object.
  const kirsch_host& table_for(const std::string& module);
  // Makes an instance available to modules as a service.
  void offer(const std::string& service, kirsch_service instance);

 private:
  friend ModuleHost;

  base::Logs& logs_;
  const std::uint32_t loop_count_;
  const std::uint32_t lanes_;
  const Engine engine_;
  struct Threads {
    std::vector<net::Loop*> loops;
    std::vector<Dispatcher*> dispatchers;
    WorkerPool* workers;
  };
  std::unique_ptr<const Threads> threads_;
  std::atomic<const Threads*> connected_ = nullptr;  // read by any thread
  std::map<std::string, std::unique_ptr<ModuleHost>, std::less<>> modules_;
  std::map<std::string, kirsch_service, std::less<>> services_;
  std::map<std::string, std::unique_ptr<std::byte[]>, std::less<>> storage_;
};

}  // namespace kirsch::pipeline
