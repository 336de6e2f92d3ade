// The strict, incremental parser of request heads (RFC 9112 §2–§6). Works in place; each byte is looked at once however
// the head is dribbled.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "http/fault.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/limits.h"

namespace kirsch::http {

enum class ParseResult { need_more, complete, malformed };

class HeadParser {
 public:
  explicit HeadParser(const Limits& limits) : limits_(&limits) {}

  // `before` is a complete head that stays as it is until the next reset, or null. Clients say most of its fields
  // again, in the same order and byte by byte: what was legal then is not searched again.
  void reset(const RequestHead* before = nullptr);

  // `bytes` is everything received since the head began: the same bytes as in the last call with more behind them. They
  // may have moved; the views follow. After complete or malformed call reset() first. The result does not depend on how
  // the bytes were split.
  ParseResult parse(char* bytes, std::size_t size);

  // After malformed: what was understood so far. Valid until the bytes move or reset().
  const RequestHead& head() const { return head_; }
  const Fault& fault() const { return fault_; }
  std::size_t size() const { return scan_; }  // of the complete head

 private:
  enum class Phase { start, request_line, field_name, field_value, complete };
  enum class Step { next, wait, fail };

  Step start();
  Step request_line();
  void whole_fields();
  void repeated_fields();
  const char* repeated_field(const char* line, const char* end);
  const char* whole_field(const char* line, const char* end);
  void add_field(std::string_view name, FieldName id, std::string_view value);
  Step field_name();
  Step field_value();
  Step end_of_head();
  Step fail(std::uint16_t status, std::string_view reason);
  Step wait(const char* at);
  Step line_end(const char* at);
  bool fields_too_large(const char* at);
  Step too_long_request_line();
  void show_progress();

  const Limits* limits_;
  RequestHead head_;
  std::vector<kirsch_field> fields_;
  const RequestHead* before_ = nullptr;
  std::size_t repeated_ = 0;  // of fields_: they are the same in before_
  KnownHost known_host_;
  Fault fault_;
  char* base_ = nullptr;
  const char* end_ = nullptr;
  Phase phase_ = Phase::start;
  std::size_t scan_ = 0;   // all before it is understood
  std::size_t line_ = 0;   // where the current line begins
  std::size_t colon_ = 0;  // of the current field line
  std::size_t fields_begin_ = 0;
};

}  // namespace kirsch::http
