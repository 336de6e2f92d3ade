// The adaptor is the kirsch_stream itself, so a handle of the module costs no look-up.
#include "pipeline/stream.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "net/loop.h"
#include "pipeline/blob.h"
#include "pipeline/dispatcher.h"

struct kirsch_stream final : kirsch::http::UpgradeEvents, kirsch::pipeline::StreamLink {
  kirsch_stream(const kirsch_stream_handler& module_handler, void* module_self,
                const kirsch::pipeline::StreamUse& begun_with)
      : handler(module_handler), self(module_self), began(begun_with) {
    began.generation.enter(began.dispatcher.lane());
  }
  virtual ~kirsch_stream() { began.generation.leave(began.dispatcher.lane()); }

  void on_open(kirsch::http::UpgradedStream& stream) override {
    const kirsch::pipeline::RunningCall running(label());
    connection = &stream;
    handler.on_open(self, this);
    began.dispatcher.add(*this);
  }
  std::size_t on_data(kirsch::http::UpgradedStream&, char* bytes, std::size_t size) override {
    const kirsch::pipeline::RunningCall running(label());
    return std::min(handler.on_data(self, this, bytes, size), size);
  }
  void on_writable(kirsch::http::UpgradedStream&) override {
    const kirsch::pipeline::RunningCall running(label());
    handler.on_writable(self, this);
  }
  void on_close(kirsch::http::UpgradedStream* stream, bool clean) override {
    {
      const kirsch::pipeline::RunningCall running(label());
      handler.on_close(self, stream != nullptr ? this : nullptr, clean ? 1 : 0);
    }
    delete this;
  }

  void drain(kirsch::base::SteadyTime until, kirsch_drain reason) override {
    if (deadline) return;
    deadline = until;
    if (handler.on_drain == nullptr) return;
    const kirsch::pipeline::RunningCall running(label());
    handler.on_drain(self, this, reason);
  }
  void end_if_due(kirsch::base::SteadyTime now) override {
    if (deadline && now >= *deadline) connection->close();
  }
  const kirsch::pipeline::StreamUse& use() const override { return began; }
  const kirsch::pipeline::CallLabel& label() const { return *began.plan.handler().label; }

  const kirsch_stream_handler& handler;
  void* self;
  const kirsch::pipeline::StreamUse began;
  std::optional<kirsch::base::SteadyTime> deadline;  // once it was told to end
  kirsch::http::UpgradedStream* connection = nullptr;
};

namespace kirsch::pipeline {

const kirsch_stream_functions stream_functions{
    .size = sizeof(kirsch_stream_functions),
    .write = [](kirsch_stream* stream, const kirsch_text* pieces, std::uint32_t count) -> std::uint8_t {
      return stream->connection->write({pieces, count}) ? 1 : 0;
    },
    .write_blob = [](kirsch_stream* stream, kirsch_blob* blob) -> std::uint8_t {
      retain(blob);
      const auto release_blob = [](void* owner) { release(static_cast<kirsch_blob*>(owner)); };
      return stream->connection->write_shared(blob->text, release_blob, blob) ? 1 : 0;
    },
    .close =
        [](kirsch_stream* stream, std::uint8_t abort) {
          if (abort != 0) {
            stream->connection->abort();
          } else {
            stream->connection->close();
          }
        },
    .lane = [](kirsch_stream* stream) -> std::uint32_t { return stream->connection->loop().lane(); },
    .peer = [](kirsch_stream* stream) { return &stream->connection->peer(); },
    .pause = [](kirsch_stream* stream, std::uint8_t on) { stream->connection->pause(on != 0); },
    .queued = [](kirsch_stream* stream) -> std::uint64_t { return stream->connection->queued(); },
    .notify = [](kirsch_stream* stream, std::uint64_t below) { stream->connection->notify(below); }};

http::UpgradeEvents& make_stream(const kirsch_stream_handler& handler, void* self, const StreamUse& use) {
  return *new kirsch_stream(handler, self, use);
}

}  // namespace kirsch::pipeline
