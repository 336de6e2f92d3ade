// One timer per loop, while there are connections: deadlines of many need no timers of their own.
#include "lane.h"

#include <kirsch/tasks.h>

#include "connection.h"

namespace websocket {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_tick = 1000ms;
constexpr Milliseconds longest_look = 24h;   // deadlines are 32 bits of milliseconds
constexpr std::int64_t most_parts = 16'000;  // of 16 bits

// Without pings, idle connections are looked for, often enough to end them not much later than they may stay.
Milliseconds time_between_looks(const Settings& settings) {
  if (settings.ping && settings.idle_timeout) return std::min(*settings.ping, *settings.idle_timeout);
  if (settings.ping) return *settings.ping;
  return settings.idle_timeout ? std::clamp(*settings.idle_timeout / 4, Milliseconds(1), longest_look)
                               : Milliseconds::zero();
}

Milliseconds tick_of(const Settings& settings, Milliseconds look) {
  auto shortest = std::min(settings.close_timeout, settings.pong_timeout);
  if (look != 0ms) shortest = std::min(shortest, look);
  return std::clamp<Milliseconds>(shortest / 8, 5ms, longest_tick);
}

}  // namespace

Shared::Shared(Settings settings_of_handler)
    : settings(std::move(settings_of_handler)),
      look(time_between_looks(settings)),
      answer(std::min(settings.pong_timeout, settings.idle_timeout.value_or(settings.pong_timeout))) {
  for (std::uint32_t number = 0; number < kirsch::loops(); ++number)
    lanes.push_back(std::make_shared<Lane>(*this, number));
}

Lane::Lane(const Shared& shared, std::uint32_t number)
    : tick_(tick_of(shared.settings, shared.look)),
      idle_part_(shared.settings.idle_timeout.value_or(0ms) / most_parts + 1ms),
      idle_parts_((shared.settings.idle_timeout.value_or(0ms) + idle_part_ - 1ms) / idle_part_),
      effort_(shared.settings.deflate
                  ? DeflateEffort{shared.settings.deflate->level, shared.settings.deflate->memory_level}
                  : DeflateEffort{}),
      number_(number) {}

Milliseconds Lane::time() const {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun_);
}

std::uint32_t Lane::now() const { return static_cast<std::uint32_t>(time().count()); }

std::uint16_t Lane::idle_clock() const { return static_cast<std::uint16_t>(time() / idle_part_); }

bool Lane::idle_since(std::uint16_t then) const {
  return static_cast<std::uint16_t>(idle_clock() - then) >= idle_parts_;
}

void Lane::enter() {
  ++connections_;
  if (!std::exchange(ticking_, true)) tick_later();
}

void Lane::tick_later() {
  kirsch::after(number_, tick_, [self = shared_from_this()] { self->tick(); });
}

void Lane::tick() {
  const auto current = now();
  for (auto* list : {&looks, &pongs, &ends}) {
    while (auto* link = list->first()) {
      auto& connection = Connection::of(*link);
      if (!connection.is_due(current)) break;
      connection.on_due();
    }
  }
  ticking_ = connections_ != 0;
  if (ticking_) tick_later();
}

Deflater& Lane::deflater(int window_bits) {
  auto& one = deflaters_[window_bits];
  if (one == nullptr) one = std::make_unique<Deflater>(window_bits, effort_);
  return *one;
}

Inflater& Lane::inflater() {
  if (inflater_ == nullptr) inflater_ = std::make_unique<Inflater>(15);
  return *inflater_;
}

}  // namespace websocket
