// Per loop: takes requests from connections, keeps the exchanges, and moves them between loop and workers.
#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/transaction.h"
#include "net/loop.h"
#include "pipeline/exchange.h"
#include "pipeline/generation.h"
#include "pipeline/step_watch.h"
#include "pipeline/stream.h"
#include "pipeline/worker_pool.h"

namespace kirsch::pipeline {

class Dispatcher final : public http::Service, public net::Hoard {
 public:
  // Of bodies that wait for their end.
  struct Bodies {
    std::shared_ptr<Spool> spool;
    std::size_t memory;  // beyond it a body goes to the spool
  };

  // All must outlive it, a generation only its uses; it must outlive the connections of the loop. Requests come after
  // the first `change`.
  Dispatcher(net::Loop& loop, WorkerPool& workers, base::Log& log, StepWatch& watch, Bodies bodies);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  http::Transaction& on_request(http::ResponseWriter& writer, const http::KeptHead& head) override;
  http::Transaction& on_malformed(http::ResponseWriter& writer, const http::Fault& fault,
                                  const http::KeptHead& head) override;

  // Loop. What begins from now on belongs to `next`; what has begun stays where it is. Requests on listeners that
  // `next` does not serve go on belonging to the last one that did, which is in use until the listener is forgotten.
  void change(Generation& next);
  void forget_listener(std::uint32_t listener);
  // Loop, after each `change`. Tells the upgraded connections of the plans `ended`, and those of listeners that are not
  // served any more, that they are to end, and ends them after `drain`; also those that open later, because their
  // requests had begun before.
  void drain_streams(std::shared_ptr<const EndedPlans> ended, std::chrono::milliseconds drain);
  // Loop. Tells all upgraded connections that the process ends, also those that open later. Their owner ends them.
  void stop_streams();

  // net::Hoard
  std::size_t shed() noexcept override;

  // Any thread: the exchange of that handle, if it still is there, goes on.
  void resume(kirsch_handle handle) noexcept;
  void wake(kirsch_handle handle) noexcept;

  // Exchanges that have not ended. Loop.
  std::size_t live() const { return exchanges_.size() - vacant_.size() - free_.size(); }
  // Destroys all exchanges, ended or not. After the loop has ended, while the modules are still there.
  void clear() noexcept;

  // For exchanges.
  bool submit(Exchange& exchange) noexcept;      // loop; false: the queue is full
  void bring_back(Exchange& exchange) noexcept;  // any thread
  void release(Exchange& exchange) noexcept;     // loop
  // Has a worker write what waits; on_spooled of that exchange follows. Loop. False: the queue is full.
  bool spool(RequestBody& body, kirsch_handle handle);
  // Has a worker read that part of a file, so that sending it does not wait for the disk; on_warm of that exchange
  // follows. Takes the reference. Loop. False: the queue is full.
  bool warm(const kirsch_piece& piece, std::uint64_t size, PieceOwner* owner, kirsch_handle handle);
  void wake_later(kirsch_handle handle);                   // loop; a moment, when workers may have room
  void discard(std::shared_ptr<SpoolFile> file) noexcept;  // loop; a worker closes it
  StepWatch::Lane& watch(std::uint32_t lane) const { return watch_.lane(lane); }
  StepWatch::Lane& loop_watch() const { return loop_watch_; }
  std::size_t body_memory() const { return bodies_.memory; }
  RouteMemory& routes() { return routes_; }
  net::Loop& loop() const { return loop_; }
  base::Log& log() const { return log_; }
  unsigned lane() const { return loop_.lane(); }
  void add(kirsch_stream& stream);  // loop; it is open
  std::uint64_t next_serial() { return ++serial_; }

 private:
  Generation& generation_for(std::uint32_t listener);
  bool is_to_end(const kirsch_stream& stream) const;
  void end_streams_later();
  Exchange& take(std::uint32_t listener);
  Exchange* find(kirsch_handle handle);
  Exchange& make();

  net::Loop& loop_;
  WorkerPool& workers_;
  base::Log& log_;
  Generation* generation_ = nullptr;
  std::uint32_t served_ = UINT32_MAX;  // a listener that it serves: the last one that was asked for
  std::vector<std::pair<std::uint32_t, Generation*>> former_;  // of listeners that generation_ does not serve
  net::List<kirsch_stream> streams_;                           // that are open
  std::shared_ptr<const EndedPlans> ended_;                    // by the last change, and when their streams end
  base::SteadyTime drain_end_{};
  bool stopping_ = false;
  StepWatch& watch_;
  StepWatch::Lane& loop_watch_;
  RouteMemory routes_;
  const Bodies bodies_;
  // The other two have room for as many as the first.
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // by slot; null: vacant
  std::vector<std::uint32_t> vacant_;                 // slots
  std::vector<Exchange*> free_;
  std::uint64_t serial_ = 0;
  std::size_t untouched_ = 0;  // of free_, from its front, since the last shed
};

}  // namespace kirsch::pipeline
