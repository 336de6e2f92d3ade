// Cuts the head into lines and fields.
#include "http/parser.h"

#include <cstring>
#include <memory>

#include "http/characters.h"
#include "http/framing.h"
#include "http/request_line.h"

namespace kirsch::http {
namespace {

// All fields of a complete head that has some, with their line ends.
std::string_view block_of(const RequestHead& head) { return {head.fields.front().name, head.bytes.end() - 2}; }

// One of them.
std::string_view line_of(const RequestHead& head, std::size_t number) {
  const bool last = number + 1 == head.fields.size();
  return {head.fields[number].name, last ? head.bytes.end() - 2 : head.fields[number + 1].name};
}

bool begins(const char* at, const char* end, std::string_view text) {
  return static_cast<std::size_t>(end - at) >= text.size() && std::memcmp(at, text.data(), text.size()) == 0;
}

// That field where it begins at `name`.
kirsch_field field_at(const char* name, const kirsch_field& field) {
  return {name, name + (field.value - field.name), field.value_size, field.name_size, field.id};
}

}  // namespace

void HeadParser::reset(const RequestHead* before) {
  before_ = before;
  std::construct_at(&head_);  // an assignment would fill another one first
  fields_.clear();
  repeated_ = 0;
  fault_ = Fault();
  base_ = nullptr;
  phase_ = Phase::start;
  scan_ = line_ = colon_ = fields_begin_ = 0;
}

ParseResult HeadParser::parse(char* bytes, std::size_t size) {
  if (base_ != nullptr && base_ != bytes) head_.relocate(base_, scan_, bytes, fields_.data());
  base_ = bytes;
  end_ = bytes + size;
  Step step = Step::next;
  if (phase_ == Phase::start) step = start();
  if (phase_ == Phase::request_line && step == Step::next) step = request_line();
  while (step == Step::next && phase_ != Phase::complete) {
    if (scan_ == line_) whole_fields();
    step = phase_ == Phase::field_name ? field_name() : field_value();
  }
  show_progress();
  if (step == Step::next) return ParseResult::complete;
  return step == Step::wait ? ParseResult::need_more : ParseResult::malformed;
}

void HeadParser::show_progress() {
  head_.bytes = {base_, scan_};
  head_.fields = fields_;
}

HeadParser::Step HeadParser::fail(std::uint16_t status, std::string_view reason) {
  fault_ = {status, reason};
  return Step::fail;
}

HeadParser::Step HeadParser::wait(const char* at) {
  scan_ = static_cast<std::size_t>(at - base_);
  return Step::wait;
}

// `at` is a byte that may not stand in a line: only CR LF is right (RFC 9112 §2.2 lets a bare LF pass; we do not).
[[gnu::always_inline]] inline HeadParser::Step HeadParser::line_end(const char* at) {
  if (*at != '\r') return fail(400, *at == '\n' ? "bare LF ends a line" : "control character");
  if (at + 1 == end_) return wait(at);
  if (at[1] != '\n') return fail(400, "bare CR");
  return Step::next;
}

// RFC 9112 §2.2: one empty line before the request line is forgiven.
HeadParser::Step HeadParser::start() {
  if (base_ == end_) return Step::wait;
  if (*base_ == '\r') {
    const Step step = line_end(base_);
    if (step != Step::next) return step;
    scan_ = line_ = 2;
  }
  phase_ = Phase::request_line;
  return Step::next;
}

HeadParser::Step HeadParser::request_line() {
  const char* line = base_ + line_;
  if (line == end_) return Step::wait;
  if (!is(*line, character::token)) return fail(400, "the request line does not begin with a method");
  const char* at = end_of_run<Run::request_line>(base_ + scan_, end_);
  const std::size_t version_and_spaces = 10;
  if (static_cast<std::size_t>(at - line) > limits_->method + limits_->target + version_and_spaces) {
    return too_long_request_line();
  }
  if (at == end_) return wait(at);
  const Step step = line_end(at);
  if (step != Step::next) return step;
  scan_ = static_cast<std::size_t>(at + 2 - base_);
  if (const auto fault = parse_request_line({line, static_cast<std::size_t>(at - line)}, *limits_, head_)) {
    return fail(fault->status, fault->reason);
  }
  line_ = fields_begin_ = scan_;
  phase_ = Phase::field_name;
  return Step::next;
}

// RFC 9112 §3: which part is too long decides. Looks only at bytes that every split has seen.
HeadParser::Step HeadParser::too_long_request_line() {
  const std::string_view start(base_ + line_, limits_->method + 1);
  const std::size_t space = start.find(' ');
  const std::string_view method = start.substr(0, space);
  if (!http::is_token(method)) return fail(400, "the method is not a token");
  if (space == std::string_view::npos) return fail(501, "the method is too long");
  head_.method_name = method;
  head_.method = method_of(method);
  scan_ = line_ + method.size();
  return fail(414, "the target is too long");
}

// True after fail(): asked before the byte at `at` is judged, so the answer is the same for every split.
bool HeadParser::fields_too_large(const char* at) {
  const std::size_t offset = static_cast<std::size_t>(at - base_);
  if (offset - line_ > limits_->field) {
    fail(431, "a header field is too long");
    return true;
  }
  if (offset - fields_begin_ > limits_->field_block) {
    fail(431, "the header fields are too long");
    return true;
  }
  return false;
}

[[gnu::always_inline]] inline void HeadParser::add_field(std::string_view name, FieldName id, std::string_view value) {
  if (value.starts_with(' ')) value.remove_prefix(1);  // as nearly all write it
  value = trim(value);
  fields_.push_back({name.data(), value.data(), static_cast<std::uint32_t>(value.size()),
                     static_cast<std::uint16_t>(name.size()), static_cast<std::uint16_t>(id)});
}

// Takes the field whose line begins at `line`, if it has the same place in the head before; returns the end of the
// line.
[[gnu::always_inline]] inline const char* HeadParser::repeated_field(const char* line, const char* end) {
  const std::size_t number = fields_.size();
  if (before_ == nullptr || number >= before_->fields.size()) return nullptr;
  const std::string_view same = line_of(*before_, number);
  if (!begins(line, end, same)) return nullptr;
  ++repeated_;
  fields_.push_back(field_at(line, before_->fields[number]));
  return line + same.size();
}

// Takes the field whose line begins at `line`; returns the end of the line. Null: it does not lie there whole, or is
// not legal. A name that is known is.
[[gnu::always_inline]] inline const char* HeadParser::whole_field(const char* line, const char* end) {
  if (const char* const next = repeated_field(line, end)) return next;
  if (line == end || *line == '\r') return nullptr;
  const char* const colon = end_of_run_inside<Run::before_colon>(line, end);
  if (colon == end || colon == line) return nullptr;
  const FieldName id = http::field_name({line, colon});
  if (id == FieldName::other && end_of_token(line, colon) != colon) return nullptr;
  const char* const at = end_of_run_inside<Run::field_value>(colon + 1, end);
  if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return nullptr;
  if (static_cast<std::size_t>(at - line) > limits_->field) return nullptr;
  add_field({line, colon}, id, {colon + 1, at});
  return at + 2;
}

// Takes all fields of the head before, if they lie here again.
[[gnu::always_inline]] inline void HeadParser::repeated_fields() {
  if (before_ == nullptr || before_->fields.empty()) return;
  const std::string_view same = block_of(*before_);
  const char* const block = base_ + line_;
  if (!begins(block, end_, same)) return;
  for (const kirsch_field& field : before_->fields) {
    fields_.push_back(field_at(block + (field.name - same.data()), field));
  }
  scan_ = line_ += same.size();
  repeated_ = fields_.size();
}

// Fields that lie here whole, legal and within the limits, which nearly all are. What stops it is judged by the states.
void HeadParser::whole_fields() {
  if (fields_.empty()) repeated_fields();
  const char* const block = base_ + fields_begin_;
  const char* const end = end_;
  const char* line = base_ + line_;
  for (auto room = limits_->fields - fields_.size(); room != 0; --room) {
    const std::size_t repeated = repeated_;
    const char* const next = whole_field(line, end);
    if (next == nullptr) break;
    if (static_cast<std::size_t>(next - block) > limits_->field_block) {
      fields_.pop_back();
      repeated_ = repeated;
      break;
    }
    line = next;
  }
  scan_ = line_ = static_cast<std::size_t>(line - base_);
}

HeadParser::Step HeadParser::field_name() {
  const char* line = base_ + line_;
  const char* at = base_ + scan_;
  if (at == line && at != end_ && *at == '\r') return end_of_head();
  if (at != end_ && fields_.size() == limits_->fields) return fail(431, "too many header fields");
  at = end_of_token(at, end_);
  if (fields_too_large(at)) return Step::fail;
  if (at == end_) return wait(at);
  if (*at != ':') {
    if (at == line && (*at == ' ' || *at == '\t'))
      return fail(400, "folded or indented header field");  // RFC 9112 §5.2
    return fail(400, "a header field's name is not a token followed by a colon");
  }
  if (at == line) return fail(400, "a header field without a name");
  colon_ = static_cast<std::size_t>(at - base_);
  scan_ = colon_ + 1;
  phase_ = Phase::field_value;
  return Step::next;
}

HeadParser::Step HeadParser::field_value() {
  const char* at = end_of_run<Run::field_value>(base_ + scan_, end_);
  if (fields_too_large(at)) return Step::fail;
  if (at == end_) return wait(at);
  const Step step = line_end(at);
  if (step != Step::next) return step;
  const std::string_view name(base_ + line_, base_ + colon_);
  add_field(name, http::field_name(name), {base_ + colon_ + 1, at});
  scan_ = line_ = static_cast<std::size_t>(at + 2 - base_);
  if (scan_ - fields_begin_ > limits_->field_block) return fail(431, "the header fields are too long");
  phase_ = Phase::field_name;
  return Step::next;
}

HeadParser::Step HeadParser::end_of_head() {
  const Step step = line_end(base_ + scan_);
  if (step != Step::next) return step;
  scan_ += 2;
  head_.fields = fields_;
  const bool same = before_ != nullptr && repeated_ == fields_.size() && repeated_ == before_->fields.size();
  if (!same || !repeat_framing(head_, *before_)) {
    if (const auto fault = read_framing(head_, known_host_)) return fail(fault->status, fault->reason);
  }
  phase_ = Phase::complete;
  return Step::next;
}

}  // namespace kirsch::http
