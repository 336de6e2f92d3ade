// The server's own loader, host and reader, without a server.
#include "trial/workbench.h"

#include <algorithm>

#include "config/document.h"
#include "loader/service_order.h"

namespace kirsch::trial {
namespace {

constexpr std::uint32_t loops = 2, workers = 2;

base::LogSettings silent(const std::filesystem::path& folder) {
  base::LogSettings settings;
  settings.error = {.kind = base::LogTarget::Kind::file, .path = (folder / "workbench.log").string()};
  settings.named = {{named_log, {.kind = base::LogTarget::Kind::file, .path = (folder / "lines.log").string()}}};
  settings.queue = 1 << 20;
  return settings;
}

}  // namespace

Workbench::Workbench(const Subject& subject)
    : subject_(subject),
      logs_(silent(subject.folder)),
      host_(logs_, loops, workers, engine()),
      store_(host_, logs_.error(), subject.folder / "state"),
      catalogue_(subject.blueprint.catalogue, subject.blueprint.directories),
      modules_(subject.blueprint, host_, store_) {
  resolve_ = [this](const base::ProviderUse& use, const base::Position& at) {
    const auto& provider = server::named_provider(subject_.blueprint.catalogue, use);
    modules_.load({provider.file});
    const auto options = std::make_shared<const base::Value>(use.options.front());
    const auto instance = modules_.instance(provider, options, at);
    return kirsch_service{instance->functions().service, instance->self()};
  };
}

pipeline::Engine Workbench::engine() {
  const auto nothing = [](std::string_view) {};
  const auto nothing_of = [](std::string_view, std::string_view) {};
  return {
      .exit = nothing,
      .force = nothing,
      .stopping = [] { return false; },
      .request = nothing_of,
      .publish = nothing_of,
      .subscribe =
          [this](std::string_view, std::string_view, int, kirsch_listen, void*) {
            subscriptions_.insert(++last_subscription_);
            return last_subscription_;
          },
      .unsubscribe = [this](std::uint64_t subscription) { subscriptions_.erase(subscription); },
      .predecessor = [] { return std::int32_t{0}; },
      .main_pid = [] { return std::int32_t{0}; },
      .give = [](std::uint32_t, std::uint32_t) {},
  };
}

void Workbench::load() {
  modules_.load({subject_.file});
  modules_.offer_services();
}

void Workbench::load_providers() {
  const auto order = loader::service_order(subject_.blueprint.catalogue, {subject_.file});
  server::Files files(order.begin(), order.end());
  files.erase(subject_.file);
  modules_.load(files);
  modules_.offer_services();
}

std::shared_ptr<const loader::Module> Workbench::load_again() {
  if (!copies_) copies_.emplace(subject_.folder / "state");
  table_ = host_.table_for(subject_.manifest().name, subject_.manifest().version);
  return loader::Module::load(*subject_.file, *copies_, *table_);
}

bool Workbench::is_gone(const std::filesystem::path& copy) {
  host_.end_calls(*table_, std::chrono::seconds(1));
  host_.release_leftovers(*table_);
  const bool gone = !loader::is_mapped(copy);
  if (gone) loader::PrivateCopies::remove(copy);
  return gone;
}

Workbench::Reading Workbench::read(const loader::Offer& offer, const std::string& yaml) const {
  try {
    const auto document = config::Document::from_text(yaml, "options", subject_.folder.string());
    config::Findings findings;
    config::Reader reader(catalogue_, findings, subject_.folder.string());
    const std::string owner = std::string(loader::word(offer.kind)) + " '" + offer.name + "'";
    auto value = reader.structure(document.root(), offer.options, document.root(), owner);
    if (value && findings.error_count() == 0) return {std::move(value), {}};
    return {std::nullopt, findings.errors().empty() ? "it is no mapping" : findings.errors().front().message};
  } catch (const base::Refusal& refusal) {
    return {std::nullopt, refusal.what()};
  }
}

pipeline::LoweredOptions Workbench::lowered(const base::Structure& options) { return {options, resolve_}; }

loader::Instance Workbench::make(std::size_t index, const kirsch_value& options) {
  const auto* loaded = modules_.loaded(*subject_.file);
  // What it is loaded for outlives its instances here.
  return loader::Instance({std::shared_ptr<const void>(), &loaded->module()}, index, options);
}

std::size_t Workbench::metrics() const {
  const auto text = host_.metrics().text();
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace kirsch::trial
