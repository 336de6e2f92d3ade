// A reload: everything new is built and checked beside what serves; then all loops go over to it, or nothing happens.
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "server/bound_listeners.h"
#include "server/changes.h"
#include "server/failures.h"
#include "server/process.h"
#include "server/turnover.h"

namespace kirsch::server {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

// Of what it has built nothing is left when it throws.
Process::Prepared Process::prepare(Given* given) {
  auto blueprint = std::make_shared<const Blueprint>(
      read_blueprint(blueprint_.file, blueprint_.change, given != nullptr ? &given->handover : nullptr));
  Prepared prepared;
  prepared.certificates = tls_.stage(blueprint->configuration, given != nullptr ? given->tickets : TicketSeeds());
  prepared.next = generations_.build(std::move(blueprint));
  const auto& next = *prepared.next;
  try {
    // Last, because clients can connect from here on.
    prepared.listeners =
        rebind_listeners(next.configuration(), loop_count_, listeners_, given != nullptr ? &given->listeners : nullptr);
    refuse_root(next.configuration(), prepared.listeners);
    prepared.report = "generation " + std::to_string(next.pipeline.number()) + '\n';
    const auto changes = Comparison(generations_.current(), next).text();
    prepared.report += changes.empty() ? "  nothing has changed\n" : changes;
    auto waiting = settings_for_restart(blueprint_.configuration, next.configuration());
    std::ranges::move(plugins_.changed_in(*next.blueprint), std::back_inserter(waiting));
    if (link_) {  // the keeper names its own
      const auto of_keeper = settings_for_start(blueprint_, *next.blueprint);
      std::erase_if(waiting, [&](const auto& name) { return std::ranges::find(of_keeper, name) != of_keeper.end(); });
    }
    if (!waiting.empty()) prepared.report += "  waits for kirsch restart: " + joined(waiting) + '\n';
    return prepared;
  } catch (...) {
    generations_.drop(std::move(prepared.next));
    throw;
  }
}

// Under a keeper all servers prepare before one of them serves.
void Process::reload(std::string_view reason) {
  if (link_ && !prepared_) return link_->reload(reason);
  auto prepared = prepared_ ? *std::exchange(prepared_, std::nullopt) : prepare(nullptr);
  report_ = "serves " + prepared.report;
  serve_with(std::move(prepared));
}

void Process::rehearse() {
  auto prepared = prepare(nullptr);
  report_ = "would serve " + prepared.report;
  generations_.drop(std::move(prepared.next));
}

void Process::serve_with(Prepared prepared) {
  auto& next = *prepared.next;
  open_secure_doors(next, prepared.listeners);
  tls_.tell(prepared.certificates);
  tls_.use(next.configuration(), std::move(prepared.certificates));
  auto fresh = prepared.listeners;
  for (auto& listener : fresh) {
    const bool listened_on = std::ranges::any_of(listeners_, [&](const BoundListener& old) {
      return same_address(old.name, old.bind, listener.name, listener.bind);
    });
    if (listened_on) listener.sockets.clear();
  }
  const auto change =
      std::make_shared<Turnover>(turnover(next, fresh, loops_->limits(next.configuration(), next.numbers), tls_));
  change->ended = std::make_shared<const pipeline::EndedPlans>(generations_.ended_by(next));
  generations_.adopt(std::move(prepared.next));
  listeners_ = std::move(prepared.listeners);
  {
    const std::lock_guard lock(ending_mutex_);
    served_ = served_text(configuration(), listeners_);
  }
  if (!loops_->turn_over(change))
    log_.write(base::Level::warning, "reload: a loop is busy; it follows when what runs there has returned");
  watch_files();
  log_.write(base::Level::info, "reload: serving generation " + std::to_string(next.pipeline.number()));
}

// The first half, for the keeper; the second is channel graceful, or `abandon`.
void Process::prepare_for_keeper(std::uint64_t number, Given& given) {
  abandon();
  try {
    prepared_ = prepare(&given);
    link_->result(number, base::ExitCode::ok, prepared_->report);
  } catch (const base::Refusal& refusal) {
    link_->result(number, base::ExitCode::reload_rejected, text_of(refusal.diagnostics()));
  } catch (const std::exception& error) {
    link_->result(number, base::ExitCode::internal, std::string(error.what()) + '\n');
  }
}

// A keeper does it for its servers.
void Process::watch_files() {
  const auto directories = directories_to_watch(*generations_.current().blueprint);
  if (link_ || directories.empty()) return files_.reset();
  try {
    if (!files_) files_.emplace([this] { bus_.request("graceful", "a file has changed"); });
    files_->watch(directories);
  } catch (const std::system_error& error) {  // of many instances, on one machine
    log_.write(base::Level::error, std::string("files are not watched: ") + error.what());
  }
}

void Process::abandon() noexcept {
  if (!prepared_) return;
  prepared_->listeners.clear();  // first: somebody may want to bind them anew
  generations_.drop(std::move(prepared_->next));
  prepared_.reset();
}

}  // namespace kirsch::server
