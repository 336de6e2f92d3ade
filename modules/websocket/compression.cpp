// Raw streams that are flushed at the end of each message.
#include "compression.h"

#include <algorithm>
#include <new>

namespace websocket {
namespace {

constexpr std::string_view flushed{"\x00\x00\xFF\xFF", 4};  // what a flush ends with, and no payload holds (7.2.1)
constexpr std::size_t usual_room = 64 * 1024;               // of what was made, kept for the next message

Bytef* bytes_of(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

// zlib wants room, std::string fills it.
void make_empty(std::string& made) {
  made.clear();
  if (made.capacity() > usual_room) made.shrink_to_fit();
}

}  // namespace

Deflater::Deflater(int window_bits, const DeflateEffort& effort) {
  if (deflateInit2(&stream_, effort.level, Z_DEFLATED, -window_bits, effort.memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

Deflater::~Deflater() { deflateEnd(&stream_); }

std::string_view Deflater::deflate(std::string_view message, bool keeps_context) {
  make_empty(made_);
  stream_.next_in = bytes_of(message);
  stream_.avail_in = static_cast<uInt>(message.size());
  char piece[8192];
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(piece);
    stream_.avail_out = sizeof piece;
    ::deflate(&stream_, Z_SYNC_FLUSH);
    made_.append(piece, sizeof piece - stream_.avail_out);
  } while (stream_.avail_out == 0);
  if (!keeps_context) deflateReset(&stream_);
  return std::string_view(made_).substr(0, made_.size() - flushed.size());
}

Inflater::Inflater(int window_bits) {
  if (inflateInit2(&stream_, -window_bits) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&stream_); }

std::string_view Inflater::inflate(std::string_view payload, std::uint64_t limit, bool keeps_context, Fault& fault) {
  make_empty(made_);
  run(payload, limit, fault);
  if (fault.code == 0) run(flushed, limit, fault);
  if (!keeps_context) inflateReset(&stream_);
  return made_;
}

void Inflater::run(std::string_view payload, std::uint64_t limit, Fault& fault) {
  stream_.next_in = bytes_of(payload);
  stream_.avail_in = static_cast<uInt>(payload.size());
  char piece[8192];
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(piece);
    stream_.avail_out = sizeof piece;
    const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
      fault = {invalid_text, "payload that does not inflate"};
      return;
    }
    made_.append(piece, sizeof piece - stream_.avail_out);
    if (made_.size() > limit) {
      fault = {too_big, "message too big when inflated"};
      return;
    }
    // A last block may be followed by others, which refer to what was before it (7.2.3.5).
    if (result == Z_STREAM_END) inflateResetKeep(&stream_);
  } while (stream_.avail_in != 0 || stream_.avail_out == 0);
}

}  // namespace websocket
