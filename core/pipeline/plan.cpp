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
  Ranges ranges;
  for (std::size_t number = 0; number < stages::count; ++number) {
    Range& range = ranges[number];
    range.stage = static_cast<Stage>(number);
    range.follower = stages::follower(range.stage);
    range.first = static_cast<std::uint32_t>(steps_.size());
    if (stages::hooks[number] != stages::no_hook) add_steps(static_cast<kirsch_hook>(stages::hooks[number]), order);
    range.last = static_cast<std::uint32_t>(steps_.size());
  }
  add_handler(ranges);
  // What can follow without returning to the loop: up to the body, and from the body to the head of the answer.
  place_steps(ranges, Stage::on_start_resource, Stage::body);
  place_steps(ranges, Stage::before_handler, Stage::head);
  count_plain_steps(ranges);
  pass_by_empty_hooks(ranges);
  std::ranges::transform(ranges, stretches_.begin(), [this](const Range& range) -> Stretch {
    return {steps_.data() + range.first, steps_.data() + range.last, range.stage, range.follower};
  });
}

void Plan::add_steps(kirsch_hook point, std::span<const ToolOrder> order) {
  for (const auto& ordered : ordered_steps(point, order)) {
    const auto& instance = *tools_[ordered.tool].instance;
    Step step = step_of(instance, instance.functions().hooks[point], ordered.use->execution, loader::word(point));
    step.tool = static_cast<std::uint32_t>(ordered.tool);
    step.failsafe = ordered.use->failsafe;
    steps_.push_back(step);
  }
}

void Plan::add_handler(Ranges& ranges) {
  Step step;
  if (handler_ != nullptr) {
    const auto& functions = handler_->functions();
    step = step_of(*handler_, functions.handle, handler_->offer().execution, "handle");
    on_body_ = functions.on_body;
    Range& range = ranges[stages::number(Stage::handler)];
    range.first = static_cast<std::uint32_t>(steps_.size());
    range.last = range.first + 1;
  }
  step.tool = static_cast<std::uint32_t>(tools_.size());
  steps_.push_back(step);
}

// Steps of the stages [from, to), which come in the order of their numbers.
void Plan::place_steps(const Ranges& ranges, Stage from, Stage to) {
  std::vector<Step*> run;
  for (auto number = stages::number(from); number < stages::number(to); ++number) {
    for (auto index = ranges[number].first; index < ranges[number].last; ++index) run.push_back(&steps_[index]);
  }
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

void Plan::count_plain_steps(const Ranges& ranges) {
  for (const Range& range : ranges) {
    std::uint16_t plain = 0;
    for (auto index = range.last; index-- > range.first;) {
      Step& step = steps_[index];
      const bool here = step.place == Place::loop && !step.async && plain < UINT16_MAX;
      plain = here ? static_cast<std::uint16_t>(plain + 1) : std::uint16_t{0};
      step.plain = plain;
    }
  }
}

void Plan::pass_by_empty_hooks(Ranges& ranges) {
  const auto own = ranges;
  for (Range& range : ranges) {
    while (range.first == range.last && stages::hooks[stages::number(range.stage)] != stages::no_hook) {
      range = own[stages::number(range.follower)];
    }
  }
}

}  // namespace kirsch::pipeline
