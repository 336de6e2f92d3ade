// A frame that lies whole in the input and is a message by itself never leaves it.
#include "frame_reader.h"

#include <algorithm>
#include <utility>

#include "close_code.h"

namespace websocket {
namespace {

// Of what a frame announces, when its first bytes are there: longer messages grow as they arrive.
constexpr std::uint64_t most_reserved = 32 * 1024;

constexpr Fault not_utf8{invalid_text, "text that is not UTF-8"};

Event failed(const Fault& fault) {
  Event event;
  event.type = Event::Type::fault;
  event.fault = fault;
  return event;
}

}  // namespace

// Of a data frame.
Fault FrameReader::judge(const FrameHead& head, const ReadLimits& limits) const {
  const bool continues = head.opcode == Opcode::continuation;
  if (continues && open_ == nullptr) return {protocol_error, "continuation of nothing"};
  if (!continues && open_ != nullptr) return {protocol_error, "message inside of a message"};
  const std::uint64_t before = open_ == nullptr ? 0 : open_->size;
  const std::uint64_t most = limits.payload(open_ == nullptr ? head.compressed : open_->compressed);
  if (head.size > most - before) return {too_big, "message too big"};
  if (open_ != nullptr && open_->fragments == limits.fragments) return {policy, "too many fragments"};
  return {};
}

Event FrameReader::next(std::span<char>& input, const ReadLimits& limits) {
  if (open_ != nullptr && open_->done) open_.reset();
  for (;;) {
    if (open_ == nullptr || open_->read == open_->frame.size) {
      if (const auto event = head(input, limits)) return *event;
    }
    if (const auto event = part(input, limits)) return *event;
  }
}

// Nullopt: a data frame has begun.
std::optional<Event> FrameReader::head(std::span<char>& input, const ReadLimits& limits) {
  const auto parsed = parse_head(input.data(), input.size(), limits.deflate);
  if (parsed.fault.code != 0) return failed(parsed.fault);
  if (parsed.bytes == 0) return Event{};
  const FrameHead& head = parsed.head;
  const bool complete = input.size() - parsed.bytes >= head.size;
  char* const payload = input.data() + parsed.bytes;
  const std::size_t size = complete ? static_cast<std::size_t>(head.size) : 0;
  if (is_control(head.opcode)) {
    if (!complete) return Event{};
    unmask(payload, size, head.mask, 0);
    input = input.subspan(parsed.bytes + size);
    return control(head, {payload, size});
  }
  if (const auto fault = judge(head, limits); fault.code != 0) return failed(fault);
  if (complete && head.final && open_ == nullptr) {
    unmask(payload, size, head.mask, 0);
    input = input.subspan(parsed.bytes + size);
    return whole(head, {payload, size});
  }
  input = input.subspan(parsed.bytes);
  begin(head);
  return std::nullopt;
}

Event FrameReader::control(const FrameHead& head, std::string_view bytes) {
  Event event;
  event.type = head.opcode == Opcode::close  ? Event::Type::close
               : head.opcode == Opcode::ping ? Event::Type::ping
                                             : Event::Type::pong;
  event.bytes = bytes;
  return event;
}

Event FrameReader::whole(const FrameHead& head, std::string_view bytes) {
  if (head.opcode == Opcode::text && !head.compressed && !is_utf8(bytes)) return failed(not_utf8);
  Event event;
  event.type = Event::Type::message;
  event.kind = head.opcode;
  event.compressed = head.compressed;
  event.bytes = bytes;
  return event;
}

void FrameReader::begin(const FrameHead& head) {
  if (open_ == nullptr) {
    open_ = std::make_unique<Open>();
    open_->kind = head.opcode;
    open_->compressed = head.compressed;
  }
  ++open_->fragments;
  open_->size += head.size;
  open_->frame = head;
  open_->read = 0;
}

// What is there of the current frame. Nullopt: it has ended, and the message has not.
std::optional<Event> FrameReader::part(std::span<char>& input, const ReadLimits& limits) {
  Open& open = *open_;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), open.frame.size - open.read));
  char* const payload = input.data();
  unmask(payload, size, open.frame.mask, open.read);
  input = input.subspan(size);
  open.read += size;
  std::string_view bytes(payload, size);
  const bool ended = open.frame.final && open.read == open.frame.size;
  if (open.kind == Opcode::text && !open.compressed && (!open.text.take(bytes) || (ended && !open.text.complete())))
    return failed(not_utf8);
  if (limits.whole || open.compressed) {
    if (open.bytes.empty()) open.bytes.reserve(static_cast<std::size_t>(std::min(open.frame.size, most_reserved)));
    open.bytes += bytes;
    bytes = ended ? std::string_view(open.bytes) : std::string_view();
  }
  if (bytes.empty() && !ended) return open.read == open.frame.size ? std::nullopt : std::optional(Event{});
  open.done = ended;
  Event event;
  event.type = Event::Type::message;
  event.kind = open.kind;
  event.compressed = open.compressed;
  event.first = !std::exchange(open.given, true);
  event.last = ended;
  event.bytes = bytes;
  return event;
}

}  // namespace websocket
