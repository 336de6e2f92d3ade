// The first lines of an answer (RFC 9112 §4, §6): status line, framing and connection fields, then the fields that were
// set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "http/transaction.h"

namespace kirsch::http {

// The first lines of most answers, "HTTP/1.1 200 OK" and "Date: …", made anew when the second changes. One per loop.
class UsualLines {
 public:
  static constexpr std::string_view status = "HTTP/1.1 200 OK\r\n";

  std::string_view at(std::time_t second) {
    if (second != second_) write(second);
    return text();
  }
  std::string_view text() const { return {text_, size}; }  // as it was last

 private:
  static constexpr std::size_t size = status.size() + 37;

  [[gnu::cold, gnu::noinline]] void write(std::time_t second);

  std::time_t second_ = -1;
  char text_[size];
};

// What the connection knows of the request that is answered.
struct AnswerContext {
  std::uint8_t version_minor = 1;
  bool head_request = false;
  bool keep_alive = true;  // as far as everything but this answer's framing allows
};

// How the bytes after the head are marked.
enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

struct AnswerFraming {
  BodyFraming body = BodyFraming::none;
  std::uint64_t length = 0;
  bool keep_alive = false;
};

// Answers of that status have no body, whatever is given (RFC 9110 §6.4.1, §15.3.6).
bool bodiless(std::uint16_t status) noexcept;

AnswerFraming answer_framing(const ResponseHead& head, const AnswerContext& context);

// More than write_head needs.
std::size_t head_room(const ResponseHead& head);
// Writes the whole head with its empty line and returns its end. `framing` is that of answer_framing, `usual` those of
// UsualLines.
char* write_head(char* to, const ResponseHead& head, const AnswerContext& context, const AnswerFraming& framing,
                 std::string_view usual);

}  // namespace kirsch::http
