// The calendar is that of <chrono>; strftime would follow the locale.
#include "http_date.h"

#include <algorithm>
#include <array>

namespace static_files {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_digits(std::string& out, unsigned number, unsigned width) {
  for (unsigned divisor = width == 4 ? 1000 : 10; divisor != 0; divisor /= 10) {
    out += static_cast<char>('0' + number / divisor % 10);
  }
}

// Takes what it expects from the front, or fails for good.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}
  bool complete() const { return good_ && text_.empty(); }
  void literal(std::string_view expected) {
    good_ = good_ && text_.starts_with(expected);
    if (good_) text_.remove_prefix(expected.size());
  }
  int digits(std::size_t count, bool padded = false) {  // padded: a space may stand for the first
    int value = 0;
    if (text_.size() < count) good_ = false;
    for (std::size_t i = 0; good_ && i < count; ++i) {
      const char byte = padded && i == 0 && text_[0] == ' ' ? '0' : text_[i];
      good_ = byte >= '0' && byte <= '9';
      value = value * 10 + (byte - '0');
    }
    if (good_) text_.remove_prefix(count);
    return value;
  }
  unsigned month() {
    for (unsigned i = 0; i < months.size(); ++i) {
      if (good_ && text_.starts_with(months[i])) {
        text_.remove_prefix(3);
        return i + 1;
      }
    }
    good_ = false;
    return 1;
  }
  std::chrono::seconds clock() {
    const int hours = digits(2);
    literal(":");
    const int minutes = digits(2);
    literal(":");
    const int second = digits(2);
    good_ = good_ && hours < 24 && minutes < 60 && second <= 60;  // a leap second
    return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(second);
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

int full_year(int two_digits) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const int now = static_cast<int>(std::chrono::year_month_day(today).year());
  const int year = now / 100 * 100 + two_digits;
  return year > now + 50 ? year - 100 : year;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  const auto comma = text.find(',');
  const bool asctime = comma == std::string_view::npos;  // Sun Nov  6 08:49:37 1994
  const bool fixdate = comma == 3;                       // Sun, 06 Nov 1994 08:49:37 GMT, else Sunday, 06-Nov-94 …
  if (text.size() < 3 || std::find(weekdays.begin(), weekdays.end(), text.substr(0, 3)) == weekdays.end()) {
    return std::nullopt;
  }
  DateReader reader(text.substr(asctime ? 3 : comma));
  int year = 0, day = 0;
  unsigned month = 1;
  std::chrono::seconds clock{};
  if (asctime) {
    reader.literal(" ");
    month = reader.month();
    reader.literal(" ");
    day = reader.digits(2, true);
    reader.literal(" ");
    clock = reader.clock();
    reader.literal(" ");
    year = reader.digits(4);
  } else {
    const std::string_view separator = fixdate ? " " : "-";
    reader.literal(", ");
    day = reader.digits(2);
    reader.literal(separator);
    month = reader.month();
    reader.literal(separator);
    year = fixdate ? reader.digits(4) : full_year(reader.digits(2));
    reader.literal(" ");
    clock = reader.clock();
    reader.literal(" GMT");
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.complete() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + clock;
}

std::string http_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out(weekdays[std::chrono::weekday(day).c_encoding()]);
  out += ", ";
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += ' ';
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += ' ';
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
  return out + " GMT";
}

}  // namespace static_files
