// Writes status, framing and fields.
#include "http/response_head.h"

#include <charconv>
#include <cstring>

#include "http/reason_phrase.h"
#include "http/response_fields.h"

namespace kirsch::http {

void UsualLines::write(std::time_t second) {
  static constexpr char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  char* to = text_;
  auto put = [&](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    to += text.size();
  };
  auto put_number = [&](int number, int digits) {
    for (int i = digits - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
    to += digits;
  };
  // RFC 9110 §5.6.7, independent of any locale.
  put(status);
  put("Date: ");
  put(days[utc.tm_wday]);
  put(", ");
  put_number(utc.tm_mday, 2);
  put(" ");
  put(months[utc.tm_mon]);
  put(" ");
  put_number(utc.tm_year + 1900, 4);
  put(" ");
  put_number(utc.tm_hour, 2);
  put(":");
  put_number(utc.tm_min, 2);
  put(":");
  put_number(utc.tm_sec, 2);
  put(" GMT\r\n");
  second_ = second;
}

bool bodiless(std::uint16_t status) noexcept { return status < 200 || status == 204 || status == 205 || status == 304; }

AnswerFraming answer_framing(const ResponseHead& head, const AnswerContext& context) {
  if (context.head_request || bodiless(head.status)) return {BodyFraming::none, 0, context.keep_alive};
  if (head.body == BodyLength::known) return {BodyFraming::length, head.length, context.keep_alive};
  if (context.version_minor == 1) return {BodyFraming::chunked, 0, context.keep_alive};
  return {BodyFraming::until_close, 0, false};
}

namespace {

[[gnu::always_inline]] inline char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* put_number(char* to, std::uint64_t number) { return std::to_chars(to, to + 20, number).ptr; }

char* put_status_line(char* to, std::uint16_t status) {
  to = put_number(put(to, "HTTP/1.1 "), status);
  *to++ = ' ';
  return put(put(to, reason_phrase(status)), "\r\n");
}

// RFC 9110 §8.6: never with 1xx and 204; with 304 and HEAD it is that of the GET, where known. 205 has no content.
char* put_framing(char* to, const ResponseHead& head, const AnswerContext& context, const AnswerFraming& framing) {
  if (head.status < 200 || head.status == 204 || head.status == 304) return to;
  if (framing.body == BodyFraming::chunked) return put(to, "Transfer-Encoding: chunked\r\n");
  if (framing.body != BodyFraming::length && head.status != 205 &&
      !(context.head_request && head.body == BodyLength::known))
    return to;
  return put(put_number(put(to, "Content-Length: "), head.status == 205 ? 0 : head.length), "\r\n");
}

}  // namespace

std::size_t head_room(const ResponseHead& head) {
  constexpr std::size_t own_lines = 256;
  return own_lines + (head.fields != nullptr ? head.fields->size() : 0);
}

char* write_head(char* to, const ResponseHead& head, const AnswerContext& context, const AnswerFraming& framing,
                 std::string_view usual) {
  if (head.status == 200 && framing.body == BodyFraming::length) {
    to = put(put_number(put(put(to, usual), "Content-Length: "), head.length), "\r\n");
  } else {
    to = put(put_status_line(to, head.status), usual.substr(UsualLines::status.size()));
    to = put_framing(to, head, context, framing);
  }
  if (head.status == 101) {
    to = put(to, "Connection: upgrade\r\n");
  } else if (!framing.keep_alive) {
    to = put(to, "Connection: close\r\n");
  } else if (context.version_minor == 0) {
    to = put(to, "Connection: keep-alive\r\n");
  }
  if (head.status == 426) to = put(to, "Connection: upgrade\r\n");  // where there is Upgrade (RFC 9110 7.8)
  if (head.fields != nullptr) {
    for (const kirsch_field& line : head.fields->lines()) to = put(to, ResponseFields::whole(line));
  }
  return put(to, "\r\n");
}

}  // namespace kirsch::http
