// The compiled pipeline of a path: flat arrays of steps, one per hook point, with everything decided at load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/module.h"
#include "pipeline/running.h"

namespace kirsch::pipeline {

// Where a step runs. An inline step between two blocking ones stays where the exchange is, so a run of blocking steps
// costs one hand-over there and back.
enum class Place : std::uint8_t { loop, worker, either };

// One call into a module.
struct Step {
  std::uint32_t (*function)(void* self, kirsch_exchange* exchange) = nullptr;
  void* self = nullptr;
  const std::string* name = nullptr;  // of the tool or handler, for the log
  const CallLabel* label = nullptr;   // the same, for whoever looks from outside
  std::uint32_t tool = 0;             // an index of Plan::tools; not of a handler
  Place place = Place::loop;
  bool async = false;  // may suspend
  bool failsafe = false;
};

// An instance of a tool or handler, shared by all plans that use it with the same options.
using SharedInstance = std::shared_ptr<const loader::Instance>;

// A tool as one path uses it.
struct ToolInstance {
  SharedInstance instance;
  int priority = -1;  // from YAML; negative: the module's own per hook
};

// A tool of a path as far as the order of its steps depends on it.
struct ToolOrder {
  const loader::Offer* offer = nullptr;
  int priority = -1;  // from YAML; negative: the module's own per hook
};

// One step of a hook point: which of the tools, and how its module declares it.
struct OrderedStep {
  std::size_t tool = 0;
  const loader::HookUse* use = nullptr;
  int priority = 0;
};

// By priority; between equal ones the order of declaration decides.
std::vector<OrderedStep> ordered_steps(kirsch_hook point, std::span<const ToolOrder> tools);

class Plan {
 public:
  // `tools` in order of declaration, which decides between equal priorities. No handler: the path answers 404. `path`
  // as YAML writes it.
  Plan(std::vector<ToolInstance> tools, SharedInstance handler, std::uint64_t body_limit, std::string path = {});

  std::span<const Step> hook(kirsch_hook point) const {
    return {steps_.data() + first_[point], steps_.data() + first_[point + 1]};
  }
  // Its function is null where there is no handler.
  const Step& handler() const { return handler_step_; }
  // Null unless the handler takes the body as it arrives.
  auto on_body() const { return on_body_; }
  std::uint64_t body_limit() const { return body_limit_; }
  const std::string& path() const { return path_; }
  std::span<const ToolInstance> tools() const { return tools_; }

 private:
  void place_run(std::span<Step*> run);

  std::vector<Step> steps_;
  std::uint32_t first_[KIRSCH_HOOKS + 1] = {};
  Step handler_step_;
  std::uint32_t (*on_body_)(void* self, kirsch_exchange* exchange, kirsch_text bytes) = nullptr;
  std::uint64_t body_limit_;
  std::string path_;
  std::vector<ToolInstance> tools_;  // keep the instances alive
  SharedInstance handler_;
};

}  // namespace kirsch::pipeline
