// RFC 9112 from the client's side, as strict as a judge has to be: what is not understood is a fault, never a guess.
#include "load/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kirsch::load {
namespace {

constexpr std::size_t longest_head = 64 * 1024;
constexpr std::size_t longest_line = 4096;

bool same(std::string_view left, std::string_view lower) {
  return std::equal(left.begin(), left.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

void AnswerReader::reset() { *this = AnswerReader(); }

void AnswerReader::consume(std::string_view& input, std::size_t size) {
  input.remove_prefix(size);
  answer_.bytes += size;
}

std::optional<Answer> AnswerReader::read(std::string_view& input) {
  while (!input.empty() && !faulty()) {
    switch (part_) {
      case Part::head:
        read_head(input);
        break;
      case Part::body:
      case Part::frame:
        pass(input, first_);
        if (left_ == 0) done_ = true;
        break;
      case Part::frame_head:
        read_frame_head(input);
        break;
      case Part::chunk:
        pass(input, Part::chunk_end);
        break;
      case Part::body_until_end:
        answer_.body += input.size();
        consume(input, input.size());
        break;
      case Part::chunk_size:
      case Part::chunk_end:
      case Part::trailer:
        read_line(input);
        break;
    }
    if (done_ && !faulty()) return complete();
  }
  return std::nullopt;
}

std::optional<Answer> AnswerReader::end() {
  if (part_ == Part::body_until_end && !faulty()) return complete();
  if (!idle() && !faulty()) fail("the connection ended within an answer");
  return std::nullopt;
}

std::optional<Answer> AnswerReader::complete() {
  const Answer answer = answer_;
  answer_ = {};
  part_ = first_;
  done_ = chunked_ = false;
  length_.reset();
  return answer;
}

// A head usually lies whole in the input, and is read there.
void AnswerReader::read_head(std::string_view& input) {
  constexpr std::string_view end_mark = "\r\n\r\n";
  if (head_.empty()) {
    const auto end = input.find(end_mark);
    if (end != std::string_view::npos) {
      const auto head = input.substr(0, end + 2);
      consume(input, end + end_mark.size());
      return understand(head);
    }
  }
  const std::size_t before = head_.size();
  head_.append(input.substr(0, longest_head));
  const auto end = head_.find(end_mark, before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    consume(input, head_.size() - before);
    if (head_.size() > longest_head) fail("a head has no end");
    return;
  }
  consume(input, end + end_mark.size() - before);
  const std::string head = std::exchange(head_, {});
  understand(std::string_view(head).substr(0, end + 2));
}

void AnswerReader::understand(std::string_view head) {
  if (head.size() < 14 || !head.starts_with("HTTP/1.") || head[8] != ' ' ||
      !read_number(head.substr(9, 3), answer_.status) || answer_.status < 100) {
    return fail("what came is no answer of HTTP/1");
  }
  answer_.last = head[7] == '0';
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty() && !faulty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return fail("a header field has no name");
    field(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  if (faulty()) return;
  if (chunked_ && length_) return fail("Content-Length beside chunked");
  const bool none = answer_.status < 200 || answer_.status == 204 || answer_.status == 304;
  left_ = length_.value_or(0);
  if (none || (length_ && left_ == 0)) {
    done_ = true;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (length_) {
    part_ = Part::body;
  } else {
    part_ = Part::body_until_end;
    answer_.last = true;
  }
}

void AnswerReader::field(std::string_view name, std::string_view value) {
  const char first = name.front();
  if (first == 'C' || first == 'c') {
    if (same(name, "content-length")) {
      std::uint64_t length = 0;
      if (length_ || !read_number(value, length)) return fail("Content-Length is no number, or stands there twice");
      length_ = length;
    } else if (same(name, "connection")) {
      if (same(value, "close")) answer_.last = true;
      if (same(value, "keep-alive")) answer_.last = false;
    }
  } else if (same(name, "transfer-encoding")) {
    if (!same(value, "chunked") || chunked_) return fail("a Transfer-Encoding that is not chunked");
    chunked_ = true;
  }
}

void AnswerReader::pass(std::string_view& input, Part next) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  answer_.body += size;
  left_ -= size;
  consume(input, size);
  if (left_ == 0) part_ = next;
}

void AnswerReader::read_line(std::string_view& input) {
  const auto end = input.find('\n');
  const auto size = end == std::string_view::npos ? input.size() : end + 1;
  line_.append(input.substr(0, size));
  consume(input, size);
  if (line_.size() > longest_line) return fail("a line of the chunks has no end");
  if (end == std::string_view::npos) return;
  if (!line_.ends_with("\r\n")) return fail("a line of the chunks does not end in CR LF");
  line_.resize(line_.size() - 2);
  take_line();
  line_.clear();
}

void AnswerReader::take_line() {
  if (part_ == Part::chunk_size) return chunk_size();
  if (part_ == Part::trailer) {
    if (line_.empty()) done_ = true;
    return;
  }
  if (!line_.empty()) return fail("a chunk is longer than its size says");
  part_ = Part::chunk_size;
}

// RFC 6455 5.2, as servers send it.
void AnswerReader::read_frame_head(std::string_view& input) {
  const auto size = [this] {
    const int length = line_.size() < 2 ? 0 : line_[1];
    return length == 126 ? 4U : length == 127 ? 10U : 2U;
  };
  while (!input.empty() && line_.size() < size()) {
    line_ += input.front();
    consume(input, 1);
  }
  if (line_.size() < size()) return;
  const std::string head = std::exchange(line_, {});
  if (head[0] != '\x81' && head[0] != '\x82') return fail("a frame that is no whole message");
  left_ = head.size() == 2 ? static_cast<unsigned char>(head[1]) : 0;
  for (const char digit : std::string_view(head).substr(2)) left_ = left_ << 8 | static_cast<unsigned char>(digit);
  answer_.status = 200;
  part_ = Part::frame;
  done_ = left_ == 0;
}

void AnswerReader::chunk_size() {
  const auto digits = std::string_view(line_).substr(0, line_.find(';'));
  if (!read_number(trimmed(digits), left_, 16)) return fail("a chunk has no size");
  part_ = left_ == 0 ? Part::trailer : Part::chunk;
}

}  // namespace kirsch::load
