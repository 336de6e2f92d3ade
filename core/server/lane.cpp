// Listeners come and go while the loop runs; connections stay where they began.
#include "server/lane.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/diagnostic.h"
#include "net/driver.h"
#include "server/crash.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_look = 20ms;
constexpr auto first_requests = 100ms;          // for clients that were accepted a moment ago
constexpr std::uint64_t between_tidying = 100;  // milliseconds

}  // namespace

Lane::Lane(unsigned number, const Surroundings& surroundings, std::unique_ptr<net::Driver> driver)
    : surroundings_(surroundings),
      loop_(number, surroundings.log, std::move(driver)),
      dispatcher_(loop_, surroundings.workers, surroundings.log, surroundings.watch, surroundings.bodies),
      tls_(loop_),
      plain_clients_(surroundings_.plain) {}

void Lane::start() {
  thread_ = std::thread([this] {
    crash::prepare_thread();
    surroundings_.watch.lane(loop_.lane()).watch_this_thread();
    pthread_setname_np(pthread_self(), ("kirsch-loop-" + std::to_string(loop_.lane())).c_str());
    loop_.run();
  });
}

void Lane::turn_over(const Turnover& turnover) {
  dispatcher_.change(*turnover.generation);
  const auto deadline = loop_.now() + turnover.drain;
  for (auto& [number, entry] : entries_) {
    const bool stays =
        std::ranges::find(turnover.listeners, number, &Turnover::Entry::number) != turnover.listeners.end();
    if (!stays && !entry.leaving) leave(number, entry, deadline);
  }
  for (const auto& wanted : turnover.listeners) {
    Entry& entry = entries_[wanted.number];
    set(entry, wanted);
    if (!wanted.sockets.empty()) listen(entry, wanted);
  }
  dispatcher_.drain_streams(turnover.ended, turnover.drain);
  tidy_later();
}

http::Connections& Lane::table_for(const std::shared_ptr<ClientLimits>& limits) {
  const auto known = std::ranges::find(tables_, limits, &Table::limits);
  if (known != tables_.end()) return *known->connections;
  auto connections =
      std::make_unique<http::Connections>(loop_, limits->limits, dispatcher_, &surroundings_.seats, &limits->capacity);
  return *tables_.emplace_back(Table{limits, std::move(connections)}).connections;
}

// Who accepts now finds where connections go.
void Lane::set(Entry& entry, const Turnover::Entry& wanted) {
  const bool as_before = entry.limits == wanted.limits && entry.contexts == wanted.contexts;
  if (as_before) return;
  auto& table = table_for(wanted.limits);
  entry.plain.lead_to(table.entrance(wanted.number, false));
  entry.secure.lead_to(table.entrance(wanted.number, true));
  entry.limits = wanted.limits;
  net::Acceptor* const before = std::exchange(entry.tls, nullptr);
  // Handshakes that the old ones began keep them.
  const auto contexts = std::exchange(entry.contexts, wanted.contexts);
  if (entry.contexts)
    entry.tls = &tls_.entrance(*entry.contexts, entry.secure, plain_clients_, entry.limits->handshakes);
  for (const auto listening : entry.listening)
    loop_.hand_listening(listening, entry.tls != nullptr ? *entry.tls : entry.plain);
  if (before != nullptr) tls_.close(*before);
}

// The sockets of a listener are spread over the loops, however many they are.
void Lane::listen(Entry& entry, const Turnover::Entry& wanted) {
  const auto count = wanted.sockets.size();
  const auto taking = wanted.shared || count < surroundings_.lanes ? net::Taking::in_turn : net::Taking::all;
  for (std::size_t turn = 0; turn < std::max<std::size_t>(surroundings_.lanes, count); ++turn) {
    if (turn % surroundings_.lanes != loop_.lane()) continue;
    try {
      entry.listening.push_back(
          loop_.listen(wanted.sockets[turn % count], entry.tls != nullptr ? *entry.tls : entry.plain, taking));
    } catch (const base::Refusal& refusal) {
      surroundings_.log.write(base::Level::error, std::string("server: ") + refusal.what());
    }
  }
}

void Lane::leave(std::uint32_t number, Entry& entry, base::SteadyTime deadline) {
  for (const auto listening : entry.listening) loop_.stop_accepting(listening);
  entry.listening.clear();
  if (entry.tls != nullptr) tls_.close(*std::exchange(entry.tls, nullptr));
  for (const auto& table : tables_) table.connections->drain_listener(number);
  entry.leaving = true;
  entry.deadline = deadline;
}

// No request of it can come any more.
bool Lane::left(std::uint32_t number, Entry& entry) {
  if (tls_.leads_to(entry.secure)) return false;
  bool any = false;
  for (const auto& table : tables_) {
    if (loop_.now() >= entry.deadline) table.connections->abort_listener(number);
    any = any || table.connections->has_connections_of(number);
  }
  return !any;
}

void Lane::tidy_later() {
  if (std::exchange(tidying_, true)) return;
  loop_.start_timer(
      between_tidying,
      [](void* self) {
        static_cast<Lane*>(self)->tidying_ = false;
        static_cast<Lane*>(self)->tidy();
      },
      nullptr, this);
}

// Lets go of listeners and limits that nobody uses any more.
void Lane::tidy() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (!entry->second.leaving || !left(entry->first, entry->second)) {
      ++entry;
      continue;
    }
    dispatcher_.forget_listener(entry->first);
    entry = entries_.erase(entry);
  }
  std::erase_if(tables_, [this](const Table& table) {
    return table.connections->count() == 0 &&
           std::ranges::none_of(entries_, [&](const auto& entry) { return entry.second.limits == table.limits; });
  });
  const bool rest =
      std::ranges::any_of(entries_, [](const auto& entry) { return entry.second.leaving; }) ||
      std::ranges::any_of(tables_, [this](const Table& table) {
        return std::ranges::none_of(entries_, [&](const auto& entry) { return entry.second.limits == table.limits; });
      });
  if (rest) tidy_later();
}

void Lane::retire() {
  loop_.stop_accepting();
  tls_.drain();
  for (const auto& table : tables_) table.connections->drain(nullptr, nullptr);
}

void Lane::drain(bool keeps_idle, std::function<void()> drained) {
  keeps_idle_ = keeps_idle;
  drained_ = std::move(drained);
  retire();
  dispatcher_.stop_streams();
  check_later(first_requests);
}

void Lane::check_later(std::chrono::milliseconds delay) {
  loop_.start_timer(
      static_cast<std::uint64_t>(delay.count()), [](void* self) { static_cast<Lane*>(self)->check(); }, nullptr, this);
}

void Lane::check() {
  auto live = dispatcher_.live() + tls_.handshakes();
  for (const auto& table : tables_) {
    if (!keeps_idle_) table.connections->close_idle();
    live += table.connections->count();
  }
  if (live != 0) return check_later(drain_look);
  drained_();
}

void Lane::abort_all() {
  for (const auto& table : tables_) table.connections->abort_all();
}

void Lane::end() noexcept {
  if (thread_.joinable()) {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }
  dispatcher_.clear();
}

}  // namespace kirsch::server
