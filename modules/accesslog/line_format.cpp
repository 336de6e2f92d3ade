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

LineFormat::LineFormat(std::string_view format) : json_(format == "json") {
  if (json_) {
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
      pieces_.push_back({std::exchange(end_, {}), &field, quoted});
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
    pieces_.push_back({(pieces_.empty() ? "{\"" : ",\"") + std::string(name) + "\":", find_field(name), false});
  }
  end_ = "}";
}

void LineFormat::append(std::string& out, const Subject& subject, Scratch& scratch) const {
  for (const auto& piece : pieces_) {
    out += piece.before;
    const auto value = piece.field->value(subject, scratch);
    const auto kind = piece.field->kind;
    if (kind == Kind::number || (kind == Kind::word && !json_)) {
      out += value;
    } else if (json_) {
      append_json(out, value);
    } else {
      append_escaped(out, value, piece.quoted ? signs_in_quotes : bare_);
    }
  }
  out += end_;
}

}  // namespace accesslog
