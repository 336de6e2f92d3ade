// An upgraded connection as a module sees it, and as its loop keeps it.
#pragma once

#include <memory>

#include "base/clock.h"
#include "http/stream.h"
#include "kirsch/abi.h"
#include "net/list.h"

namespace kirsch::pipeline {

class Dispatcher;
class Generation;
class Plan;

extern const kirsch_stream_functions stream_functions;

// What an upgraded connection began with. It keeps the generation in use until the module has heard of its end.
struct StreamUse {
  Dispatcher& dispatcher;
  Generation& generation;
  const Plan& plan;
};

}  // namespace kirsch::pipeline

// The stream itself, so a handle of the module costs no look-up. Linked with the others of its loop while it is open.
struct kirsch_stream final : kirsch::http::Stream, kirsch::net::Link<kirsch_stream> {
  kirsch_stream(const kirsch_stream_handler& module_handler, void* module_self,
                const kirsch::pipeline::StreamUse& begun_with);

  // Tells the module, if it wants to know, that the stream is to end; after that time end_if_due ends it. Told again it
  // does nothing.
  void drain(kirsch::base::SteadyTime until, kirsch_drain reason);
  void end_if_due(kirsch::base::SteadyTime now);

  const kirsch::pipeline::StreamUse use;

 private:
  static constexpr auto undecided = kirsch::base::SteadyTime::min();

  void opened() override;
  std::size_t take(char* bytes, std::size_t size) override;
  void writable() override;
  void closed(bool clean) override;

  const kirsch_stream_handler& handler_;
  void* const self_;
  kirsch::base::SteadyTime deadline_ = undecided;  // once it was told to end
};

// Ten thousand idle ones are to cost little more than a megabyte.
static_assert(sizeof(void*) != 8 || sizeof(kirsch_stream) <= 128);
