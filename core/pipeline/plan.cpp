// The compiler of pipelines: orders the steps, and cuts them into runs for loop and worker.
#include "pipeline/plan.h"

#include <algorithm>

namespace kirsch::pipeline {
namespace {

Place place_of(loader::ExecutionClass execution) {
  return execution == loader::ExecutionClass::blocking ? Place::worker : Place::loop;
}

const CallLabel& label_of(const loader::Instance& instance, std::string_view point) {
  const auto& manifest = instance.module().manifest();
  const auto& offer = instance.offer();
  return call_label(offer.name, "module " + manifest.name + ' ' + manifest.version + ", " +
                                    std::string(loader::word(offer.kind)) + ' ' + offer.name + ", " +
                                    std::string(point));
}

Step step_of(const loader::Instance& instance, std::uint32_t (*function)(void*, kirsch_exchange*),
             loader::ExecutionClass execution, std::string_view point) {
  return {.function = function,
          .self = instance.self(),
          .name = &instance.offer().name,
          .label = &label_of(instance, point),
          .place = place_of(execution),
          .async = execution == loader::ExecutionClass::async};
}

}  // namespace

std::vector<OrderedStep> ordered_steps(kirsch_hook point, std::span<const ToolOrder> tools) {
  std::vector<OrderedStep> steps;
  for (std::size_t tool = 0; tool < tools.size(); ++tool) {
    for (const auto& use : tools[tool].offer->hooks) {
      if (use.point != point) continue;
      steps.push_back({tool, &use, tools[tool].priority >= 0 ? tools[tool].priority : use.priority});
    }
  }
  std::ranges::stable_sort(steps, {}, &OrderedStep::priority);
  return steps;
}

Plan::Plan(std::vector<ToolInstance> tools, SharedInstance handler, std::uint64_t body_limit, std::string path)
    : body_limit_(body_limit), path_(std::move(path)), tools_(std::move(tools)), handler_(std::move(handler)) {
  std::vector<ToolOrder> order;
  for (const auto& tool : tools_) order.push_back({&tool.instance->offer(), tool.priority});
  for (std::uint32_t point = 0; point < KIRSCH_HOOKS; ++point) {
    first_[point] = static_cast<std::uint32_t>(steps_.size());
    for (const auto& ordered : ordered_steps(static_cast<kirsch_hook>(point), order)) {
      const auto& instance = *tools_[ordered.tool].instance;
      Step step = step_of(instance, instance.functions().hooks[point], ordered.use->execution,
                          loader::word(static_cast<kirsch_hook>(point)));
      step.tool = static_cast<std::uint32_t>(ordered.tool);
      step.failsafe = ordered.use->failsafe;
      steps_.push_back(step);
    }
  }
  first_[KIRSCH_HOOKS] = static_cast<std::uint32_t>(steps_.size());
  if (handler_ != nullptr) {
    const auto& functions = handler_->functions();
    handler_step_ = step_of(*handler_, functions.handle, handler_->offer().execution, "handle");
    on_body_ = functions.on_body;
  }

  // What can follow without returning to the loop: up to the body, and from the body to the head of the answer.
  std::vector<Step*> before_body, before_head;
  for (std::uint32_t point = 0; point < KIRSCH_HOOKS; ++point) {
    auto& run = point <= KIRSCH_HOOK_BEFORE_REQUEST_BODY ? before_body : before_head;
    if (point > KIRSCH_HOOK_BEFORE_FINALIZE) break;
    for (auto index = first_[point]; index < first_[point + 1]; ++index) run.push_back(&steps_[index]);
    if (point == KIRSCH_HOOK_BEFORE_HANDLER && handler_ != nullptr) run.push_back(&handler_step_);
  }
  place_run(before_body);
  place_run(before_head);
}

void Plan::place_run(std::span<Step*> run) {
  std::size_t last_blocking = run.size();
  for (std::size_t index = 0; index < run.size(); ++index) {
    if (run[index]->async) last_blocking = run.size();
    if (run[index]->place != Place::worker) continue;
    for (auto between = last_blocking + 1; last_blocking < run.size() && between < index; ++between) {
      run[between]->place = Place::either;
    }
    last_blocking = index;
  }
}

}  // namespace kirsch::pipeline
