// Built on the thread of the bus, destroyed there: no loop waits for either.
#include "server/generations.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "server/bound_listeners.h"
#include "server/changes.h"
#include "server/generation_builder.h"

namespace kirsch::server {

Generations::Generations(std::shared_ptr<const Blueprint> first, pipeline::Host& host, ModuleStore& store,
                         base::Log& log, unsigned loops, std::function<void(std::function<void()>)> post)
    : host_(host), store_(store), log_(log), loops_(loops), post_(std::move(post)) {
  all_.push_back(make(std::move(first), nullptr));
  current().modules.offer_services();
}

std::unique_ptr<LoadedGeneration> Generations::make(std::shared_ptr<const Blueprint> blueprint, const Modules* former) {
  const auto number = ++made_;
  return std::make_unique<LoadedGeneration>(number, std::move(blueprint), host_, store_, former, loops_,
                                            [this, number] { post_([this, number] { retire(number); }); });
}

void Generations::compile_first() {
  auto& first = current();
  first.numbers = numbers_for(first.configuration());
  build_generation(first.configuration(), first.numbers, first.modules, first.pipeline);
  first.blueprint->catalogue.release_files();
}

std::unique_ptr<LoadedGeneration> Generations::build(std::shared_ptr<const Blueprint> blueprint) {
  std::unique_ptr<LoadedGeneration> next;
  try {
    next = make(std::move(blueprint), &current().modules);
    next->modules.offer_services();
    next->numbers = numbers_for(next->configuration());
    next->modules.load(loader::Phase::late);
    build_generation(next->configuration(), next->numbers, next->modules, next->pipeline);
    pending_ = next.get();
    return next;
  } catch (...) {
    drop(std::move(next));
    throw;
  }
}

void Generations::drop(std::unique_ptr<LoadedGeneration> generation) noexcept {
  current().modules.offer_services();
  --made_;
  pending_ = nullptr;
  if (generation) destroy(std::move(generation));
}

// Modules that go with it have nothing left on loops and workers when their instances are destroyed.
bool Generations::destroy(std::unique_ptr<LoadedGeneration> generation) noexcept {
  constexpr std::chrono::seconds patience(10);
  for (const auto& module : generation->modules.all()) {
    const auto in = [&](const LoadedGeneration& other) {
      return std::ranges::find(other.modules.all(), module) != other.modules.all().end();
    };
    const bool used = (pending_ != nullptr && in(*pending_)) ||
                      std::ranges::any_of(all_, [&](const auto& other) { return in(*other); });
    if (module->stays() || used || module->end_calls(patience)) continue;
    log_.write(base::Level::error, "modules: " + module->module().manifest().name +
                                       " still runs what it has left with workers; generation " +
                                       std::to_string(generation->pipeline.number()) + " stays loaded");
    static_cast<void>(generation.release());
    return false;
  }
  return true;
}

void Generations::adopt(std::unique_ptr<LoadedGeneration> generation) {
  pending_ = nullptr;
  generation->modules.forget_former();
  generation->blueprint->catalogue.release_files();
  generation->loaded = std::chrono::system_clock::now();
  const std::lock_guard lock(mutex_);
  all_.push_back(std::move(generation));
}

void Generations::retire(std::uint64_t number) noexcept {
  std::unique_ptr<LoadedGeneration> unused;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(all_, [&](const auto& one) { return one->pipeline.number() == number; });
    unused = std::move(*found);
    all_.erase(found);
  }
  if (destroy(std::move(unused))) log_.write(base::Level::info, "generation " + std::to_string(number) + " has ended");
}

bool same_address(const config::ListenerSettings& left, const config::ListenerSettings& right) {
  return same_address(left.name, left.bind, right.name, right.bind);
}

// A number stays with an address; that of one that is gone is free once no generation remembers it.
std::vector<std::uint32_t> Generations::numbers_for(const config::Configuration& configuration) const {
  std::set<std::uint32_t> used;
  for (const auto& one : all_) used.insert(one->numbers.begin(), one->numbers.end());
  std::vector<std::uint32_t> numbers;
  for (const auto& listener : configuration.listeners) {
    const auto& old = current().configuration().listeners;
    const auto same = std::ranges::find_if(old, [&](const auto& one) { return same_address(one, listener); });
    std::uint32_t number = 0;
    if (same != old.end() && !current().numbers.empty()) {
      number = current().numbers[static_cast<std::size_t>(same - old.begin())];
    } else {
      while (used.contains(number)) ++number;
    }
    used.insert(number);
    numbers.push_back(number);
  }
  return numbers;
}

pipeline::EndedPlans Generations::ended_by(const LoadedGeneration& next) const {
  pipeline::EndedPlans ended;
  for (const auto& one : all_) {
    const Comparison comparison(*one, next);
    for (std::size_t site = 0; site < one->pipeline.sites.size(); ++site) {
      const auto& plans = one->pipeline.sites[site].plans;
      for (std::size_t path = 0; path < plans.size(); ++path)
        if (!comparison.has(site, path)) ended.insert(plans[path].get());
    }
  }
  return ended;
}

std::vector<Generations::Use> Generations::uses() const {
  const std::lock_guard lock(mutex_);
  std::vector<Use> list;
  for (const auto& one : all_) list.push_back({one->pipeline.number(), one->loaded, one->pipeline.uses()});
  return list;
}

}  // namespace kirsch::server
