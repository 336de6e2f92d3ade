// The compiled pipeline of a path: flat arrays of steps, one per hook point, with everything decided at load.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/module.h"
#include "pipeline/running.h"
#include "pipeline/stage.h"

namespace kirsch::pipeline {

// Where a step runs. An inline step between two blocking ones stays where the exchange is, so a run of blocking steps
// costs one hand-over there and back.
enum class Place : std::uint8_t { loop, worker, either };

// One call into a module.
struct Step {
  std::uint32_t (*function)(void* self, kirsch_exchange* exchange) = nullptr;
  void* self = nullptr;
  const CallLabel* label = nullptr;
  std::uint32_t tool = 0;   // an index of Plan::tools; their number for a handler
  std::uint16_t plain = 0;  // so many steps of its stage, from this one on, run on the loop and never suspend
  Place place = Place::loop;
  bool async : 1 = false;  // may suspend
  bool failsafe : 1 = false;
};
static_assert(sizeof(Step) == 32);

// What is to be done first, from some stage of a plan on: hook points without steps are passed by.
struct Stretch {
  const Step* begin = nullptr;  // of its steps: none at a milestone, and at `handler` where there is none
  const Step* end = nullptr;
  Stage stage = Stage::done;
  Stage follower = Stage::done;
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
  Plan(const Plan&) = delete;  // its stretches lie in its steps
  Plan& operator=(const Plan&) = delete;

  const Stretch& stretch(Stage from) const { return stretches_[stages::number(from)]; }
  // Its function is null where there is no handler.
  const Step& handler() const { return steps_.back(); }
  // Null unless the handler takes the body as it arrives.
  auto on_body() const { return on_body_; }
  std::uint64_t body_limit() const { return body_limit_; }
  const std::string& path() const { return path_; }
  std::span<const ToolInstance> tools() const { return tools_; }

 private:
  // A Stretch by index, while steps are added.
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    Stage stage = Stage::done;
    Stage follower = Stage::done;
  };
  using Ranges = std::array<Range, stages::count>;

  void add_steps(kirsch_hook point, std::span<const ToolOrder> order);
  void add_handler(Ranges& ranges);
  void place_steps(const Ranges& ranges, Stage from, Stage to);
  void count_plain_steps(const Ranges& ranges);
  static void pass_by_empty_hooks(Ranges& ranges);

  std::vector<Step> steps_;  // of the hook points in their order, then the handler's
  std::array<Stretch, stages::count> stretches_;
  std::uint32_t (*on_body_)(void* self, kirsch_exchange* exchange, kirsch_text bytes) = nullptr;
  std::uint64_t body_limit_;
  std::string path_;
  std::vector<ToolInstance> tools_;  // keep the instances alive
  SharedInstance handler_;
};

}  // namespace kirsch::pipeline
