// Calls into the module, each with its name for whoever asks what runs.
#include "pipeline/stream.h"

#include <algorithm>

#include "pipeline/blob.h"
#include "pipeline/dispatcher.h"
#include "pipeline/generation_hold.h"

namespace {

// A call of the module, whose tasks hold the generation.
struct Event {
  explicit Event(const kirsch::pipeline::StreamUse& use) : running(*use.plan.handler().label), scope(use) {}

  const kirsch::pipeline::RunningCall running;
  const kirsch::pipeline::HoldScope scope;
};

}  // namespace

kirsch_stream::kirsch_stream(const kirsch_stream_handler& module_handler, void* module_self,
                             const kirsch::pipeline::StreamUse& begun_with)
    : use(begun_with), handler_(module_handler), self_(module_self) {
  use.generation.enter(use.dispatcher.lane());
}

void kirsch_stream::opened() {
  const Event event(use);
  handler_.on_open(self_, this);
  use.dispatcher.add(*this);
}

std::size_t kirsch_stream::take(char* bytes, std::size_t size) {
  const Event event(use);
  return std::min(handler_.on_data(self_, this, bytes, size), size);
}

void kirsch_stream::writable() {
  const Event event(use);
  handler_.on_writable(self_, this);
}

void kirsch_stream::closed(bool clean) {
  {
    const Event event(use);
    handler_.on_close(self_, was_opened() ? this : nullptr, clean ? 1 : 0);
  }
  unlink();
  use.generation.leave(use.dispatcher.lane());
}

void kirsch_stream::drain(kirsch::base::SteadyTime until, kirsch_drain reason) {
  if (deadline_ != undecided) return;
  deadline_ = until;
  if (handler_.on_drain == nullptr) return;
  const Event event(use);
  handler_.on_drain(self_, this, reason);
}

void kirsch_stream::end_if_due(kirsch::base::SteadyTime now) {
  if (deadline_ != undecided && now >= deadline_) close();
}

namespace kirsch::pipeline {

const kirsch_stream_functions stream_functions{
    .size = sizeof(kirsch_stream_functions),
    .write = [](kirsch_stream* stream, const kirsch_text* pieces, std::uint32_t count) -> std::uint8_t {
      return stream->write({pieces, count}) ? 1 : 0;
    },
    .write_blob = [](kirsch_stream* stream, kirsch_blob* blob) -> std::uint8_t {
      if (blob == nullptr) return stream->write({}) ? 1 : 0;
      retain(blob);
      const auto release_blob = [](void* owner) { release(static_cast<kirsch_blob*>(owner)); };
      return stream->write_shared(blob->text, release_blob, blob) ? 1 : 0;
    },
    .close =
        [](kirsch_stream* stream, std::uint8_t abort) {
          if (abort != 0) {
            stream->abort();
          } else {
            stream->close();
          }
        },
    .lane = [](kirsch_stream* stream) -> std::uint32_t { return stream->loop().lane(); },
    .peer = [](kirsch_stream* stream) { return &stream->peer(); },
    .pause = [](kirsch_stream* stream, std::uint8_t on) { stream->pause(on != 0); },
    .queued = [](kirsch_stream* stream) -> std::uint64_t { return stream->queued(); },
    .notify = [](kirsch_stream* stream, std::uint64_t below) { stream->notify(below); }};

}  // namespace kirsch::pipeline
