// The grammar of chunked bodies as a byte machine; only chunk data is taken in runs.
#include "http/body_decoder.h"

#include <algorithm>

#include "http/characters.h"

namespace kirsch::http {

void BodyDecoder::begin_length(std::uint64_t length) {
  *this = BodyDecoder(*limits_);
  remaining_ = length;
  phase_ = length == 0 ? Phase::complete : Phase::length_data;
}

void BodyDecoder::begin_chunked() {
  *this = BodyDecoder(*limits_);
  phase_ = Phase::size_first;
}

bool BodyDecoder::fail(std::uint16_t status, std::string_view reason) {
  fault_ = {status, reason};
  phase_ = Phase::malformed;
  return false;
}

BodyDecoder::Result BodyDecoder::take_data(std::string_view bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
  data_ = bytes.substr(0, size);
  consumed_ += size;
  remaining_ -= size;
  decoded_ += size;
  if (remaining_ == 0) phase_ = phase_ == Phase::length_data ? Phase::complete : Phase::data_return;
  return Result::data;
}

BodyDecoder::Result BodyDecoder::decode(std::string_view bytes) {
  consumed_ = 0;
  data_ = {};
  while (true) {
    if (phase_ == Phase::complete) return Result::complete;
    if (phase_ == Phase::malformed) return Result::malformed;
    if (consumed_ == bytes.size()) return Result::need_more;
    if (phase_ == Phase::data || phase_ == Phase::length_data) return take_data(bytes.substr(consumed_));
    if (!step(bytes[consumed_])) return Result::malformed;
    ++consumed_;
  }
}

bool BodyDecoder::step(char c) {
  switch (phase_) {
    case Phase::size_first:
    case Phase::size:
      return step_size(c);
    case Phase::line_feed:
      return c == '\n' ? end_size_line() : fail(400, "a chunk size line does not end with CRLF");
    case Phase::data_return:
      if (c != '\r') return fail(400, "chunk data does not end with CRLF");
      phase_ = Phase::data_feed;
      return true;
    case Phase::data_feed:
      if (c != '\n') return fail(400, "chunk data does not end with CRLF");
      phase_ = Phase::size_first;
      return true;
    case Phase::trailer_begin:
    case Phase::trailer_name:
    case Phase::trailer_value:
    case Phase::trailer_feed:
      return step_trailer(c);
    case Phase::last_feed:
      if (c != '\n') return fail(400, "a chunked body does not end with CRLF");
      phase_ = Phase::complete;
      return true;
    default:
      return step_extension(c);
  }
}

bool BodyDecoder::step_size(char c) {
  const int digit = hex_digit(c);
  if (phase_ == Phase::size_first) {
    if (digit < 0) return fail(400, "a chunk size does not begin with a hexadecimal digit");
    remaining_ = 0;
    digits_ = 0;
    line_bytes_ = 0;
    phase_ = Phase::size;
  }
  if (digit >= 0) {
    if (++digits_ > 16 || remaining_ >> 59 != 0) return fail(400, "a chunk size is too large");
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return true;
  }
  line_bytes_ = digits_;
  phase_ = Phase::extension_gap;
  return step_extension(c);
}

bool BodyDecoder::end_size_line() {
  if (remaining_ == 0) {
    phase_ = Phase::trailer_begin;
    return true;
  }
  if (remaining_ > limit_ || decoded_ > limit_ - remaining_) return fail(413, "the body is too large");
  phase_ = Phase::data;
  return true;
}

// RFC 9112 §7.1.1. Extensions mean nothing here, but their syntax decides where the line ends.
bool BodyDecoder::step_extension(char c) {
  const bool right_after_size = phase_ == Phase::extension_gap && line_bytes_ == digits_;
  if (c == '\r' && (right_after_size || phase_ == Phase::extension_name || phase_ == Phase::extension_token ||
                    phase_ == Phase::extension_quote_end)) {
    phase_ = Phase::line_feed;
    return true;
  }
  if (++line_bytes_ > limits_->chunk_line) return fail(400, "a chunk size line is too long");
  if (++extension_bytes_ > limits_->chunk_extensions + decoded_ / 16) return fail(413, "too many chunk extensions");
  phase_ = after_extension_byte(c);
  return phase_ != Phase::malformed || fail(400, "a chunk size line is malformed");
}

BodyDecoder::Phase BodyDecoder::after_extension_byte(char c) const {
  const bool gap = c == ' ' || c == '\t';
  const bool token = is(c, character::token);
  const bool value = is(c, character::value);
  switch (phase_) {
    case Phase::extension_gap:
    case Phase::extension_quote_end:
      return c == ';' ? Phase::extension_begin : gap ? Phase::extension_gap : Phase::malformed;
    case Phase::extension_begin:
      return gap ? phase_ : token ? Phase::extension_name : Phase::malformed;
    case Phase::extension_name:
      if (token) return phase_;
      [[fallthrough]];
    case Phase::extension_name_gap:
      if (c == '=') return Phase::extension_value_begin;
      return c == ';' ? Phase::extension_begin : gap ? Phase::extension_name_gap : Phase::malformed;
    case Phase::extension_value_begin:
      if (c == '"') return Phase::extension_quoted;
      return gap ? phase_ : token ? Phase::extension_token : Phase::malformed;
    case Phase::extension_token:
      if (token) return phase_;
      return c == ';' ? Phase::extension_begin : gap ? Phase::extension_gap : Phase::malformed;
    case Phase::extension_quoted:
      if (c == '\\') return Phase::extension_escaped;
      if (c == '"') return Phase::extension_quote_end;
      return value ? phase_ : Phase::malformed;
    case Phase::extension_escaped:
      return value ? Phase::extension_quoted : Phase::malformed;
    default:
      return Phase::malformed;
  }
}

// Trailers are checked and dropped, the forbidden and the allowed alike (RFC 9110 §6.5.1 permits it).
bool BodyDecoder::step_trailer(char c) {
  if (phase_ == Phase::trailer_feed) {
    if (c != '\n') return fail(400, "a trailer field does not end with CRLF");
    phase_ = Phase::trailer_begin;
    return true;
  }
  if (phase_ == Phase::trailer_begin) {
    if (c == '\r') {
      phase_ = Phase::last_feed;
      return true;
    }
    if (++trailer_fields_ > limits_->fields) return fail(413, "too many trailer fields");
    if (!is(c, character::token)) return fail(400, "a trailer field's name is not a token");
    phase_ = Phase::trailer_name;
    line_bytes_ = 0;
  } else if (phase_ == Phase::trailer_name) {
    if (c == ':') {
      phase_ = Phase::trailer_value;
    } else if (!is(c, character::token)) {
      return fail(400, "a trailer field's name is not a token followed by a colon");
    }
  } else if (c == '\r') {
    phase_ = Phase::trailer_feed;
    trailer_bytes_ += 2;  // the end of a line counts as it does in a head
    return trailer_bytes_ <= limits_->field_block || fail(413, "the trailer fields are too long");
  } else if (!is(c, character::value)) {
    return fail(400, "a control character in a trailer field");
  }
  if (++line_bytes_ > limits_->field || ++trailer_bytes_ > limits_->field_block) {
    return fail(413, "the trailer fields are too long");
  }
  return true;
}

}  // namespace kirsch::http
