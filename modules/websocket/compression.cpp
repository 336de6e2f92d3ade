// Raw streams that are flushed at the end of each message.
#include "compression.h"

#include <algorithm>
#include <new>

namespace websocket {
namespace {

constexpr std::string_view flushed{"\x00\x00\xFF\xFF", 4};  // what a flush ends with, and no payload holds (7.2.1)
constexpr std::size_t usual_room = 64 * 1024;               // of what was made, kept for the next message

void make_empty(std::string& made) {
  made.clear();
  if (made.capacity() > usual_room) made.shrink_to_fit();
}

// zlib wants room, std::string fills it: `step` is called with some until all of the input is used and nothing waits to
// be written, or until it returns false.
template <class Step>
void run(z_stream& stream, std::string_view input, std::string& made, Step step) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  char piece[8192];
  for (bool more = true; more;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    more = step();
    made.append(piece, sizeof piece - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out != 0) return;
  }
}

}  // namespace

Deflater::Deflater(int window_bits, const DeflateEffort& effort) {
  if (deflateInit2(&stream_, effort.level, Z_DEFLATED, -window_bits, effort.memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

Deflater::~Deflater() { deflateEnd(&stream_); }

std::string_view Deflater::deflate(std::string_view message, bool keeps_context, std::string& made) {
  make_empty(made);
  run(stream_, message, made, [this] { return ::deflate(&stream_, Z_SYNC_FLUSH) == Z_OK; });
  if (!keeps_context) deflateReset(&stream_);
  return std::string_view(made).substr(0, made.size() - flushed.size());
}

Inflater::Inflater(int window_bits) {
  if (inflateInit2(&stream_, -window_bits) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&stream_); }

std::string_view Inflater::inflate(std::string_view payload, std::uint64_t limit, bool keeps_context, std::string& made,
                                   Fault& fault) {
  make_empty(made);
  fault = take(payload, limit, made);
  if (fault.code == 0) fault = take(flushed, limit, made);
  if (!keeps_context) inflateReset(&stream_);
  return made;
}

Fault Inflater::take(std::string_view payload, std::uint64_t limit, std::string& made) {
  if (payload.size() > most_compressed) return {too_big, "message too big"};
  Fault fault;
  run(stream_, payload, made, [&] {
    const auto room = stream_.avail_out;
    const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
      fault = {invalid_text, "payload that does not inflate"};
    else if (made.size() + (room - stream_.avail_out) > limit)
      fault = {too_big, "message too big when inflated"};
    // A last block may be followed by others, which refer to what was before it (7.2.3.5).
    if (result == Z_STREAM_END) inflateResetKeep(&stream_);
    return fault.code == 0;
  });
  return fault;
}

}  // namespace websocket
