// An upgraded connection as a module sees it: kirsch_stream over http::UpgradedStream.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "http/transaction.h"
#include "kirsch/abi.h"
#include "net/list.h"

namespace kirsch::pipeline {

class Dispatcher;
class Generation;
class Plan;

extern const kirsch_stream_functions stream_functions;

// What an upgraded connection began with, and keeps in use until its end.
struct StreamUse {
  Dispatcher& dispatcher;
  Generation& generation;
  const Plan& plan;
  std::uint32_t listener;
};

// One of the upgraded connections of a loop.
class StreamLink : public net::Link<StreamLink> {
 public:
  // Tells the module, if it wants to know, that the stream is to end; after that time end_if_due ends it. Told again it
  // does nothing.
  virtual void drain(base::SteadyTime deadline, kirsch_drain reason) = 0;
  virtual void end_if_due(base::SteadyTime now) = 0;
  virtual const StreamUse& use() const = 0;

 protected:
  ~StreamLink() = default;
};

// Whatever becomes of the one that is visited.
template <class Visit>
void each_stream(net::List<StreamLink>& streams, Visit visit) {
  net::List<StreamLink> rest;
  rest.take(streams);
  while (StreamLink* stream = rest.pop()) {
    streams.append(*stream);
    visit(*stream);
  }
}

// For ResponseWriter::upgrade; ends itself with its on_close, after the module's.
http::UpgradeEvents& make_stream(const kirsch_stream_handler& handler, void* self, const StreamUse& use);

}  // namespace kirsch::pipeline
