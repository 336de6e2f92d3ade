// Makes and destroys instances: many of one, and one of many options.
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "loader/refusal.h"
#include "trial/checks.h"
#include "trial/inputs.h"
#include "trial/resources.h"
#include "trial/workbench.h"

namespace kirsch::trial {
namespace {

constexpr std::size_t repetitions = 1000, warm = 100;
constexpr std::size_t gaps = 16;  // bytes per instance that a heap may have
constexpr std::size_t inputs = 200;
constexpr rlim_t room = rlim_t{4} << 30;

// Without it one absurd number takes the memory of the machine. A sanitizer maps more than that at once.
void limit_memory() {
  if (!Resources::now().allocated) return;
  const rlimit limit{room, room};
  ::setrlimit(RLIMIT_AS, &limit);
}

// A text of thousands of bytes tells nobody more.
std::string shown(const std::string& yaml) { return yaml.size() > 300 ? yaml.substr(0, 300) + " …" : yaml; }

std::string with_hint(const loader::Offer& offer, const std::string& yaml) {
  return " (tried with " + yaml + "); say options that work: --with '" + offer.name + ": { … }'";
}

// What there is of providers and files of secrets, no module can know.
bool depends_on_machine(const base::Schema& schema) {
  if (schema.type == base::OptionType::provider || schema.type == base::OptionType::secret) return true;
  if (schema.element && depends_on_machine(*schema.element)) return true;
  return std::ranges::any_of(schema.alternatives, depends_on_machine) ||
         std::ranges::any_of(schema.options, depends_on_machine, &base::Option::schema);
}

// Whoever does not set the option is refused. Empty: all defaults are values of their types.
std::string faulty_default(const Workbench& bench, loader::Offer offer) {
  for (const auto& option : std::exchange(offer.options, {})) {
    if (!option.default_text || depends_on_machine(option.schema)) continue;
    offer.options = {option};
    const auto reading = bench.read(offer, "{}");
    if (!reading.options) return reading.refusal;
  }
  return {};
}

std::string left_behind(const Workbench& bench, const Resources& before, const Resources& after,
                        std::size_t subscriptions, std::size_t metrics) {
  if (bench.subscriptions() > subscriptions)
    return std::to_string(bench.subscriptions() - subscriptions) + " listeners on channels of the bus";
  if (bench.metrics() > metrics) return std::to_string(bench.metrics() - metrics) + " lines of metrics";
  return growth(before, after, repetitions - warm, gaps);
}

}  // namespace

Outcome check_instances(const Subject& subject, std::size_t index, Progress& progress) {
  const auto& offer = subject.manifest().provides[index];
  const std::string yaml = options_of(subject, offer);
  Workbench bench(subject);
  bench.load();
  const auto fault = faulty_default(bench, offer);
  if (!fault.empty()) return failed(fault + "; a default must be a value that its option takes");
  const auto reading = bench.read(offer, yaml);
  if (!reading.options) return skipped("no options to try it with: " + reading.refusal + with_hint(offer, yaml));
  try {
    const auto options = bench.lowered(std::get<base::Structure>(reading.options->data));
    Resources before;
    std::size_t subscriptions = 0, metrics = 0;
    for (std::size_t round = 1; round <= repetitions; ++round) {
      progress.doing("create and destroy number " + std::to_string(round) + ", options " + yaml);
      bench.make(index, options.value());
      if (round != warm) continue;
      subscriptions = bench.subscriptions();
      metrics = bench.metrics();
      before = Resources::now();
    }
    const auto left = left_behind(bench, before, Resources::now(), subscriptions, metrics);
    if (!left.empty())
      return failed(std::to_string(repetitions - warm) + " instances leave " + left +
                    "; the destructor gives back what the constructor and prepare take");
    return ok(std::to_string(repetitions) + " times" +
              (before.allocated ? "" : "; memory is not counted in this build"));
  } catch (const base::Refusal& refusal) {
    if (loader::escaped(refusal.diagnostics().front()))
      return failed(std::string(refusal.what()) + "; catch it, and say in kirsch_error why not");
    return skipped(std::string(refusal.what()) + with_hint(offer, yaml));
  }
}

Outcome check_options(const Subject& subject, std::size_t index, std::uint64_t seed, Progress& progress) {
  const auto& offer = subject.manifest().provides[index];
  if (offer.options.empty()) return skipped("it has no options");
  Workbench bench(subject);
  bench.load();
  limit_memory();
  Inputs texts(subject.blueprint.catalogue, subject.folder, seed);
  std::size_t made = 0, by_schema = 0, by_module = 0;
  for (std::size_t number = 0; number < inputs; ++number) {
    const Input input = texts.next(offer.options);
    progress.doing("create with options " + shown(input.text));
    const auto reading = bench.read(offer, input.text);
    if (!reading.options) {
      if (input.fate == Input::Fate::good)
        return failed("its schema refuses " + shown(input.text) + ", which lies within its limits: " + reading.refusal +
                      "; look at the defaults, which must be values of their types");
      ++by_schema;
      continue;
    }
    try {
      const auto options = bench.lowered(std::get<base::Structure>(reading.options->data));
      bench.make(index, options.value());
      ++made;
      if (input.fate == Input::Fate::bad)
        return failed("it takes " + shown(input.text) + ", which its schema excludes");
    } catch (const base::Refusal& refusal) {
      if (loader::escaped(refusal.diagnostics().front()))
        return failed(std::string(refusal.what()) + " (options " + shown(input.text) +
                      "); throw kirsch::OptionError instead");
      ++by_module;
    }
  }
  return ok(std::to_string(inputs) + " inputs, seed " + std::to_string(seed) + ": " + std::to_string(made) +
            " taken, " + std::to_string(by_schema) + " refused by the schema, " + std::to_string(by_module) +
            " by the module");
}

}  // namespace kirsch::trial
