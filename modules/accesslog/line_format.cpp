// Placeholders are those of error_pages: {name}.
#include "line_format.h"

#include <algorithm>
#include <stdexcept>

namespace accesslog {
namespace {

// The common log format of NCSA httpd with referrer and user agent.
constexpr std::string_view combined =
    "{client} - - [{time_local}] \"{request}\" {status} {clf_bytes} \"{referer}\" \"{user_agent}\"";

constexpr std::string_view json_fields[] = {"time",     "id",      "client",  "scheme",    "method", "target",
                                            "protocol", "host",    "route",   "handler",   "status", "complete",
                                            "bytes",    "seconds", "referer", "user_agent"};

[[noreturn]] void refuse(const std::string& sentence) { throw std::invalid_argument(sentence); }

std::string at(std::size_t index) { return " at character " + std::to_string(index + 1); }

const Field& field_of(std::string_view name, std::size_t index) {
  if (const auto* const field = find_field(name)) return *field;
  std::vector<std::string_view> names;
  for (const auto& field : fields()) names.push_back(field.name);
  std::string sentence = "there is no placeholder {" + std::string(name) + "} as" + at(index);
  if (const auto near = kirsch::nearest(name, names); !near.empty())
    sentence += "; did you mean {" + std::string(near) + "}?";
  sentence += "\nthere are";
  for (const auto known : names) sentence += (known == names.front() ? " {" : ", {") + std::string(known) + "}";
  refuse(sentence);
}

}  // namespace

LineFormat::LineFormat(std::string_view format) {
  if (format == "json") {
    compile_json();
  } else {
    compile(format == "combined" ? combined : format);
  }
  if (!pieces_.empty()) return;
  constexpr std::string_view names[] = {"combined", "json"};
  const auto near = kirsch::nearest(format, names);
  refuse("'" + std::string(format) + "' is neither combined, json nor a text with placeholders, as {status}" +
         (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
}

void LineFormat::compile(std::string_view text) {
  constexpr std::string_view separators = ",;|'";
  bool quoted = false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char byte = text[index];
    const bool twice = text.substr(index + 1, 1) == text.substr(index, 1);
    if (byte < ' ' || byte > '~') refuse("a line of a log has printable ASCII only, unlike the byte" + at(index));
    if ((byte == '{' || byte == '}') && twice) {
      end_ += byte;
      ++index;
    } else if (byte == '{') {
      const auto end = text.find('}', index);
      if (end == text.npos) refuse("the placeholder" + at(index) + " has no }; write {{ for a brace itself");
      const auto& field = field_of(text.substr(index + 1, end - index - 1), index);
      const auto writing = field.kind != Kind::text ? Writing::as_it_is : quoted ? Writing::quoted : Writing::bare;
      pieces_.push_back({Literal(std::exchange(end_, {})), &field, writing});
      index = end;
    } else if (byte == '}') {
      refuse("the }" + at(index) + " ends no placeholder; write }} for a brace itself");
    } else {
      if (byte == '"') quoted = !quoted;
      if (separators.find(byte) != separators.npos) bare_.set(byte);
      end_ += byte;
    }
  }
  bare_.set(' ');
}

void LineFormat::compile_json() {
  for (const auto name : json_fields) {
    const auto before = (pieces_.empty() ? "{\"" : ",\"") + std::string(name) + "\":";
    const auto* const field = find_field(name);
    pieces_.push_back({Literal(before), field, field->kind == Kind::number ? Writing::as_it_is : Writing::json});
  }
  end_ = "}";
}

std::string_view LineFormat::line(const Subject& subject, Line& line, Scratch& scratch) const {
  char* to = line.begin();
  for (const auto& [before, field, writing] : pieces_) {
    to = before.put(line.room(to, before.room() + longest_word));
    if (writing == Writing::as_it_is) {
      to = field->put(to, subject, scratch);
      continue;
    }
    char word[longest_word];
    const auto text = field->kind == Kind::text ? field->text(subject, scratch)
                                                : std::string_view(word, field->put(word, subject, scratch));
    to = line.room(to, room_for(text.size()));
    to = writing == Writing::json ? put_json(to, text)
                                  : put_escaped(to, text, writing == Writing::quoted ? signs_in_quotes : bare_);
  }
  return line.until(put(line.room(to, end_.size()), end_));
}

}  // namespace accesslog
