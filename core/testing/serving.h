// What serves: one loop, which the test's thread drives, and one worker.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "config/configuration.h"
#include "http/connections.h"
#include "pipeline/dispatcher.h"
#include "pipeline/host.h"
#include "testing/clock.h"
#include "testing/wire.h"

namespace kirsch::testing {

// One thread. What it is made from must outlive it.
class Serving {
 public:
  static constexpr unsigned loops = 1, workers = 1;

  // Throws base::Refusal.
  Serving(const config::Configuration& configuration, const std::filesystem::path& state, base::Log& log,
          pipeline::Host& host, const Clock& clock);
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() { end(); }

  void serve(pipeline::Generation& generation) { dispatcher_.change(generation); }
  std::shared_ptr<Wire> accept(const kirsch_address& client, bool secure);
  // One turn, which waits a little for the worker where that has work. False: nothing is left to do at this time.
  bool step() noexcept;
  net::Loop& loop() { return loop_; }
  const net::Loop& loop() const { return loop_; }
  // Upgraded connections are told; all others end with their next answer.
  void drain();
  void end() noexcept;

 private:
  const http::Limits limits_;
  pipeline::StepWatch watch_;
  pipeline::WorkerPool workers_;
  net::Loop loop_;
  pipeline::Dispatcher dispatcher_;
  http::Connections connections_;
};

}  // namespace kirsch::testing
