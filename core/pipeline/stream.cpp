// The adaptor is the kirsch_stream itself, so a handle of the module costs no look-up.
#include "pipeline/stream.h"

#include <algorithm>
#include <new>
#include <utility>

#include "net/loop.h"
#include "pipeline/blob.h"

struct kirsch_stream final : kirsch::http::UpgradeEvents {
  kirsch_stream(const kirsch_stream_handler& module_handler, void* module_self)
      : handler(module_handler), self(module_self) {}
  virtual ~kirsch_stream() = default;

  void on_open(kirsch::http::UpgradedStream& stream) override {
    connection = &stream;
    handler.on_open(self, this);
  }
  std::size_t on_data(kirsch::http::UpgradedStream&, char* bytes, std::size_t size) override {
    return std::min(handler.on_data(self, this, bytes, size), size);
  }
  void on_writable(kirsch::http::UpgradedStream&) override { handler.on_writable(self, this); }
  void on_close(kirsch::http::UpgradedStream* stream, bool clean) override {
    handler.on_close(self, stream != nullptr ? this : nullptr, clean ? 1 : 0);
    delete this;
  }

  const kirsch_stream_handler& handler;
  void* self;
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
    .peer = [](kirsch_stream* stream) { return stream->connection->peer(); },
    .pause = [](kirsch_stream* stream, std::uint8_t on) { stream->connection->pause(on != 0); }};

http::UpgradeEvents& make_stream(const kirsch_stream_handler& handler, void* self) {
  return *new kirsch_stream(handler, self);
}

}  // namespace kirsch::pipeline
