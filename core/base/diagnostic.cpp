// How a diagnostic looks on a terminal.
#include "base/diagnostic.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"

namespace kirsch::base {
namespace {

constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view yellow = "\x1b[1;33m";
constexpr std::string_view blue = "\x1b[1;34m";
constexpr std::string_view cyan = "\x1b[1;36m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";

class Painter {
 public:
  explicit Painter(bool color) : color_(color) {}
  std::string operator()(std::string_view paint, std::string_view text) const {
    if (!color_ || text.empty()) return std::string(text);
    return std::string(paint) + std::string(text) + std::string(plain);
  }

 private:
  bool color_;
};

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// The part of a line around the caret, so that a line of a megabyte does not fill the screen.
struct Excerpt {
  std::string before, marked, after;
};

Excerpt excerpt(std::string_view line, const Position& position) {
  constexpr std::size_t before_room = 80;
  constexpr std::size_t all_room = 160;
  const std::size_t column = std::min<std::size_t>(position.column == 0 ? 0 : position.column - 1, line.size());
  std::size_t begin = line.size() > all_room && column > before_room ? column - before_room : 0;
  while (begin > 0 && continues(line, begin)) --begin;
  std::size_t end = std::min(line.size(), begin + all_room);
  while (continues(line, end)) ++end;
  std::size_t mark_end = std::min<std::size_t>(end, column + position.length);
  while (mark_end < end && continues(line, mark_end)) ++mark_end;
  Excerpt result;
  result.before = (begin > 0 ? "…" : "") + escaped(line.substr(begin, column - begin));
  result.marked = escaped(line.substr(column, mark_end - column));
  result.after = escaped(line.substr(mark_end, end - mark_end)) + (end < line.size() ? "…" : "");
  return result;
}

std::string place(const Position& position) {
  std::string result = escaped(position.file);
  if (position.line == 0) return result;
  result += ":" + std::to_string(position.line);
  if (position.column != 0) result += ":" + std::to_string(position.column);
  return result;
}

std::string source(const Diagnostic& diagnostic, std::string_view accent, const Painter& painted) {
  const std::string number = std::to_string(diagnostic.position->line);
  const Excerpt part = excerpt(diagnostic.source_line, *diagnostic.position);
  std::string result = "\n" + painted(blue, number + " |") + " " + part.before + part.marked + part.after;
  if (diagnostic.position->column == 0) return result;
  std::string mark = std::string(std::max<std::size_t>(width(part.marked), 1), '^');
  if (!diagnostic.note.empty()) mark += " " + escaped(diagnostic.note);
  result += "\n" + std::string(number.size(), ' ') + painted(blue, " |") + " " + std::string(width(part.before), ' ') +
            painted(accent, mark);
  return result;
}

}  // namespace

std::string text(const Diagnostic& diagnostic, bool color) {
  const Painter painted(color);
  const bool error = diagnostic.severity == Severity::error;
  const std::string_view accent = error ? red : yellow;
  std::string head = error ? "error" : "warning";
  if (!diagnostic.code.empty()) head += "[" + diagnostic.code + "]";
  std::string result = painted(accent, head) + painted(bold, ": " + escaped(diagnostic.message));
  bool noted = diagnostic.note.empty();
  if (diagnostic.position) {
    result += "\n  " + painted(blue, "-->") + " " + place(*diagnostic.position);
    if (!diagnostic.source_line.empty() && diagnostic.position->line != 0) {
      result += source(diagnostic, accent, painted);
      noted = noted || diagnostic.position->column != 0;
    }
  }
  if (!noted) result += "\n" + painted(cyan, "note:") + " " + escaped(diagnostic.note);
  if (!diagnostic.help.empty()) result += "\n" + painted(cyan, "help:") + " " + escaped(diagnostic.help);
  if (!diagnostic.reported.empty()) result += "\n" + diagnostic.reported;
  return result;
}

std::string first_line(std::string_view rendered) {
  const auto end = std::min(rendered.find('\n'), rendered.size());
  std::string line(rendered.substr(0, end));
  rendered.remove_prefix(end);
  if (constexpr std::string_view arrow = "\n  --> "; rendered.starts_with(arrow)) {
    rendered.remove_prefix(arrow.size());
    line.append(" (").append(rendered.substr(0, rendered.find('\n'))).append(")");
  }
  return line;
}

namespace {
std::string first_message(const std::vector<Diagnostic>& diagnostics) {
  assert(!diagnostics.empty());
  return diagnostics.front().message;
}
}  // namespace

Refusal::Refusal(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(first_message(diagnostics)), diagnostics_(std::move(diagnostics)) {}

Refusal::Refusal(Diagnostic diagnostic) : Refusal(std::vector<Diagnostic>{std::move(diagnostic)}) {}

}  // namespace kirsch::base
