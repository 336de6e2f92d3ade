// The free list, and messages to the loop.
#include "pipeline/dispatcher.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "pipeline/file_access.h"

namespace kirsch::pipeline {

namespace {

constexpr std::size_t least_kept = 4;  // exchanges

}  // namespace

Dispatcher::Dispatcher(net::Loop& loop, WorkerPool& workers, base::Log& log, StepWatch& watch, Bodies bodies)
    : loop_(loop),
      workers_(workers),
      log_(log),
      watch_(watch),
      loop_watch_(watch.lane(loop.lane())),
      bodies_(std::move(bodies)) {}

Dispatcher::~Dispatcher() = default;

Generation& Dispatcher::generation_for(std::uint32_t listener) {
  if (generation_->serves(listener)) {
    served_ = listener;
    return *generation_;
  }
  return *std::ranges::find(former_, listener, &decltype(former_)::value_type::first)->second;
}

[[gnu::always_inline]] inline Exchange& Dispatcher::take(std::uint32_t listener) {
  Generation& generation = listener == served_ ? *generation_ : generation_for(listener);
  Exchange* exchange = nullptr;
  if (free_.empty()) {
    exchange = &make();
  } else {
    exchange = free_.back();
    free_.pop_back();
    untouched_ = std::min(untouched_, free_.size());
  }
  exchange->belong_to(generation);
  generation.enter(lane());
  return *exchange;
}

http::Transaction& Dispatcher::on_request(http::ResponseWriter& writer, const http::KeptHead& head) {
  Exchange& exchange = take(writer.listener());
  exchange.start(writer, head, exchange.generation());
  return exchange;
}

http::Transaction& Dispatcher::on_malformed(http::ResponseWriter& writer, const http::Fault& fault,
                                            const http::KeptHead& head) {
  Exchange& exchange = take(writer.listener());
  exchange.start_rejected(writer, fault, head, exchange.generation());
  return exchange;
}

void Dispatcher::change(Generation& next) {
  Generation* const old = std::exchange(generation_, &next);
  served_ = UINT32_MAX;
  if (old == nullptr) return;
  for (std::uint32_t listener = 0; listener < old->listeners.size(); ++listener) {
    if (!old->serves(listener) || next.serves(listener)) continue;
    former_.emplace_back(listener, old);
    old->enter(lane());
  }
  old->outdate(lane());
}

void Dispatcher::forget_listener(std::uint32_t listener) {
  const auto found = std::ranges::find(former_, listener, &decltype(former_)::value_type::first);
  if (found == former_.end()) return;
  Generation& generation = *found->second;
  former_.erase(found);
  generation.leave(lane());
}

void Dispatcher::drain_streams(std::shared_ptr<const EndedPlans> ended, std::chrono::milliseconds drain) {
  ended_ = std::move(ended);
  drain_end_ = loop_.now() + drain;
  bool any = false;
  streams_.each([&](kirsch_stream& stream) {
    if (!is_to_end(stream)) return;
    stream.drain(drain_end_, KIRSCH_DRAIN_RELOAD);
    any = true;
  });
  if (any) end_streams_later();
}

void Dispatcher::stop_streams() {
  stopping_ = true;
  streams_.each([](kirsch_stream& stream) { stream.drain(base::SteadyTime::max(), KIRSCH_DRAIN_STOP); });
}

void Dispatcher::add(kirsch_stream& stream) {
  streams_.append(stream);
  if (stopping_) stream.drain(base::SteadyTime::max(), KIRSCH_DRAIN_STOP);
  if (!is_to_end(stream)) return;
  stream.drain(drain_end_, KIRSCH_DRAIN_RELOAD);
  end_streams_later();
}

bool Dispatcher::is_to_end(const kirsch_stream& stream) const {
  const auto& use = stream.use;
  return &use.generation != generation_ && (ended_->contains(&use.plan) || !generation_->serves(stream.listener));
}

void Dispatcher::end_streams_later() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(drain_end_ - loop_.now());
  loop_.start_timer(
      static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0)),
      [](void* self) {
        auto& dispatcher = *static_cast<Dispatcher*>(self);
        dispatcher.streams_.each([&](kirsch_stream& stream) { stream.end_if_due(dispatcher.loop_.now()); });
      },
      nullptr, this);
}

[[gnu::cold]] Exchange& Dispatcher::make() {
  if (vacant_.empty()) {
    if (exchanges_.size() == exchanges_.capacity()) {
      const auto room = 2 * exchanges_.size() + least_kept;
      exchanges_.reserve(room);
      vacant_.reserve(room);
      free_.reserve(room);
    }
    vacant_.push_back(static_cast<std::uint32_t>(exchanges_.size()));
    exchanges_.emplace_back();
  }
  const auto slot = vacant_.back();
  exchanges_[slot] = std::make_unique<Exchange>(*this, static_cast<std::uint64_t>(lane()) << 32 | slot);
  vacant_.pop_back();
  untouched_ = 0;
  return *exchanges_[slot];
}

void Dispatcher::release(Exchange& exchange) noexcept {
  free_.push_back(&exchange);
  if (free_.size() > least_kept) loop_.shed_later(*this);
  exchange.generation().leave(lane());
}

std::size_t Dispatcher::shed() noexcept {
  const auto count = untouched_ > least_kept ? untouched_ - least_kept : 0;
  std::size_t bytes = 0;
  for (std::size_t index = 0; index < count; ++index) {
    bytes += free_[index]->footprint();
    vacant_.push_back(free_[index]->index());
    exchanges_[vacant_.back()].reset();
  }
  free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(count));
  untouched_ = free_.size();
  if (free_.size() > least_kept) loop_.shed_later(*this);
  return bytes;
}

void Dispatcher::clear() noexcept {
  free_.clear();
  vacant_.clear();
  exchanges_.clear();
}

Exchange* Dispatcher::find(kirsch_handle handle) {
  const auto slot = static_cast<std::uint32_t>(handle.slot);
  if (slot >= exchanges_.size() || !exchanges_[slot] || !exchanges_[slot]->is(handle)) return nullptr;
  return exchanges_[slot].get();
}

// The loop is the only one that may look at an exchange it may have ended; a handle that cannot be posted (no memory,
// or the loop has ended) names one that is beyond help.
void Dispatcher::resume(kirsch_handle handle) noexcept {
  loop_.post([this, handle] {
    if (Exchange* exchange = find(handle)) exchange->resume(handle);
  });
}

void Dispatcher::wake(kirsch_handle handle) noexcept {
  loop_.post([this, handle] {
    if (Exchange* exchange = find(handle)) exchange->wake();
  });
}

bool Dispatcher::submit(Exchange& exchange) noexcept {
  return workers_.submit(kirsch_task{[](void* self) { static_cast<Exchange*>(self)->work(); },
                                     [](void* self) { static_cast<Exchange*>(self)->drop_work(); }, &exchange});
}

bool Dispatcher::spool(RequestBody& body, kirsch_handle handle) {
  struct Work {
    Dispatcher& dispatcher;
    kirsch_handle handle;
    RequestBody::Write write;

    void done(int error) {
      const std::unique_ptr<Work> self(this);
      dispatcher.loop_.post([&to = dispatcher, handle = handle, error] {
        if (Exchange* exchange = to.find(handle)) exchange->on_spooled(error);
      });
    }
  };
  auto work = std::make_unique<Work>(Work{*this, handle, body.begin_write(bodies_.spool)});
  const bool taken =
      workers_.submit(kirsch_task{[](void* self) {
                                    auto* const mine = static_cast<Work*>(self);
                                    mine->done(mine->write.file->append(mine->write.bytes));
                                  },
                                  [](void* self) { static_cast<Work*>(self)->done(ECANCELED); }, work.get()});
  if (taken) static_cast<void>(work.release());
  return taken;
}

bool Dispatcher::warm(const kirsch_piece& piece, std::uint64_t size, PieceOwner* owner, kirsch_handle handle) {
  struct Work {
    Dispatcher& dispatcher;
    kirsch_handle handle;
    kirsch_piece piece;
    std::uint64_t size;
    std::unique_ptr<PieceOwner, void (*)(PieceOwner*)> owner;
    Generation& generation;  // whose module the owner belongs to; it may outlive the exchange

    void done() {
      const std::unique_ptr<Work> self(this);
      owner.reset();
      dispatcher.loop_.post([&to = dispatcher, handle = handle, &used = generation] {
        if (Exchange* exchange = to.find(handle)) exchange->on_warm();
        used.leave(to.lane());
      });
    }
  };
  Generation& generation = exchanges_[static_cast<std::uint32_t>(handle.slot)]->generation();
  auto work = std::make_unique<Work>(
      Work{*this, handle, piece, size, {owner, [](PieceOwner* held) { PieceOwner::drop(held); }}, generation});
  const bool taken = workers_.submit(kirsch_task{[](void* self) {
                                                   auto* const mine = static_cast<Work*>(self);
                                                   load(mine->piece.descriptor, mine->piece.offset, mine->size);
                                                   mine->done();
                                                 },
                                                 [](void* self) { static_cast<Work*>(self)->done(); }, work.get()});
  if (taken) {
    static_cast<void>(work.release());
    generation.enter(lane());
  }
  return taken;
}

void Dispatcher::wake_later(kirsch_handle handle) {
  constexpr std::uint64_t moment = 10;  // milliseconds
  struct Later {
    Dispatcher& dispatcher;
    kirsch_handle handle;
  };
  loop_.start_timer(
      moment,
      [](void* self) {
        const auto& later = *static_cast<Later*>(self);
        if (Exchange* exchange = later.dispatcher.find(later.handle)) exchange->wake();
      },
      [](void* self) { delete static_cast<Later*>(self); }, new Later{*this, handle});
}

void Dispatcher::discard(std::shared_ptr<SpoolFile> file) noexcept {
  auto* const owner = new (std::nothrow) std::shared_ptr<SpoolFile>(std::move(file));
  if (owner == nullptr) return;
  const auto release = [](void* self) { delete static_cast<std::shared_ptr<SpoolFile>*>(self); };
  if (!workers_.submit(kirsch_task{release, release, owner})) release(owner);
}

void Dispatcher::bring_back(Exchange& exchange) noexcept {
  loop_.post(kirsch_task{[](void* self) { static_cast<Exchange*>(self)->come_back(); }, [](void*) {}, &exchange});
}

}  // namespace kirsch::pipeline
