// Loads and unloads the module over and over.
#include "trial/checks.h"
#include "trial/resources.h"
#include "trial/workbench.h"

namespace kirsch::trial {
namespace {

constexpr std::size_t cycles = 100, first_cycles = 20;
constexpr std::size_t resident_slack = 1024 * 1024;
constexpr std::size_t cycle_slack = 64;  // bytes per cycle: the loader's own lists

std::string left_behind(const Workbench& bench) {
  if (bench.subscriptions() > 0) return std::to_string(bench.subscriptions()) + " listeners on channels of the bus";
  return {};
}

}  // namespace

Outcome check_unloading(const Subject& subject, Progress& progress) {
  Workbench bench(subject);
  bench.load_providers();
  Resources before;
  for (std::size_t cycle = 1; cycle <= cycles; ++cycle) {
    progress.doing("load " + std::to_string(cycle));
    auto module = bench.load_again();
    const auto copy = module->copy();
    progress.doing("unload " + std::to_string(cycle));
    module.reset();
    const auto left = left_behind(bench);
    if (!left.empty()) return failed("deinit leaves " + left + "; what init takes, deinit gives back");
    if (!bench.is_gone(copy) || is_file_mapped(copy.string()))
      return failed(
          "its code stays mapped after it was unloaded, so each reload would cost its memory again; look for "
          "symbols that are unique, thread-local objects with destructors, and -z nodelete");
    if (cycle == first_cycles) before = Resources::now();
  }
  const auto after = Resources::now();
  const auto grown = growth(before, after, cycles - first_cycles, cycle_slack);
  const std::string times = " in " + std::to_string(cycles - first_cycles) + " times of loading and unloading";
  if (!grown.empty()) return failed("it leaves " + grown + times + "; free in deinit what init and constructors take");
  if (before.allocated && after.resident > before.resident + resident_slack)
    return failed("the process has grown by " + std::to_string((after.resident - before.resident) / 1024) + " KiB" +
                  times + "; unmap in deinit what init maps");
  return ok(std::to_string(cycles) + " times");
}

}  // namespace kirsch::trial
