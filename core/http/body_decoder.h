// Takes the framing off a request body: Content-Length or chunked (RFC 9112 §6, §7.1). In place, byte by byte if need
// be, stricter than the RFC wherever two readers could disagree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/fault.h"
#include "http/limits.h"

namespace kirsch::http {

class BodyDecoder {
 public:
  enum class Result : std::uint8_t {
    need_more,  // all given bytes are consumed
    data,       // `data()` is the next piece, a view into the given bytes
    complete,   // what follows the consumed bytes belongs to the next message
    malformed,  // `fault()`: 400, or 413 over a limit; nothing may be read after it
  };

  explicit BodyDecoder(const Limits& limits) : limits_(&limits) {}

  void begin_length(std::uint64_t length);
  // As for a length of 0.
  void begin_none() {
    phase_ = Phase::complete;
    limit_ = UINT64_MAX;
    remaining_ = decoded_ = 0;
  }
  void begin_chunked();
  // Of decoded bytes; checked for chunked bodies when a size is read, so before its data. Until called there is none.
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }

  // Call again until it says need_more, complete or malformed, each time with what was not consumed. An empty text is
  // fine: a body of no bytes is complete at once.
  Result decode(std::string_view bytes);
  std::size_t consumed() const { return consumed_; }  // by the last call
  std::string_view data() const { return data_; }
  const Fault& fault() const { return fault_; }
  bool complete() const { return phase_ == Phase::complete; }
  std::uint64_t decoded() const { return decoded_; }
  // Bytes that surely still come; for chunked of the current chunk only.
  std::uint64_t remaining() const { return remaining_; }

 private:
  enum class Phase : std::uint8_t {
    length_data,
    size_first,  // the first digit of a chunk's size
    size,
    extension_gap,    // white space before ";"
    extension_begin,  // behind ";"
    extension_name,
    extension_name_gap,  // white space before "=" or ";"
    extension_value_begin,
    extension_token,
    extension_quoted,
    extension_escaped,
    extension_quote_end,
    line_feed,  // of the size line
    data,
    data_return,
    data_feed,
    trailer_begin,
    trailer_name,
    trailer_value,
    trailer_feed,
    last_feed,
    complete,
    malformed,
  };

  bool step(char c);
  bool step_size(char c);
  bool step_extension(char c);
  Phase after_extension_byte(char c) const;
  bool step_trailer(char c);
  bool end_size_line();
  bool fail(std::uint16_t status, std::string_view reason);
  Result take_data(std::string_view bytes);

  const Limits* limits_;
  Phase phase_ = Phase::complete;
  Fault fault_;
  std::string_view data_;
  std::size_t consumed_ = 0;
  std::uint64_t limit_ = UINT64_MAX;
  std::uint64_t remaining_ = 0;
  std::uint64_t decoded_ = 0;
  std::uint64_t extension_bytes_ = 0;  // of the whole body
  std::size_t line_bytes_ = 0;         // of the current size line or trailer field
  std::size_t trailer_bytes_ = 0;
  std::size_t trailer_fields_ = 0;
  std::uint8_t digits_ = 0;
};

}  // namespace kirsch::http
