// One pass over the bytes, one over the lines.
#include "config/text_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "config/code.h"
#include "config/findings.h"

namespace kirsch::config {
namespace {

[[noreturn]] void refuse(const Source& source, std::size_t offset, const char* code, std::string message,
                         std::string help) {
  Node at;
  at.source = &source;
  at.line = source.line_at(offset);
  at.column = source.column_at(offset);
  throw base::Refusal(diagnostic_at(at, code, std::move(message), {.help = std::move(help)}));
}

void check_encoding(const Source& source) {
  const std::string_view text = source.text();
  if (text.starts_with("\xEF\xBB\xBF"))
    refuse(source, 0, code::encoding, "the file begins with a byte order mark", "save it as UTF-8 without BOM");
  const bool wide = text.starts_with("\xFE\xFF") || text.starts_with("\xFF\xFE") ||
                    (text.size() >= 2 && (text[0] == '\0' || text[1] == '\0'));
  if (wide) refuse(source, 0, code::encoding, "the file is UTF-16 or UTF-32", "save it as UTF-8 without BOM");
  if (const auto at = base::utf8_fault(text))
    refuse(source, *at, code::encoding, "the file is not UTF-8 here", "save it as UTF-8 without BOM");
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t') || c == '\x7F';
  });
  if (control == text.end()) return;
  refuse(source, static_cast<std::size_t>(control - text.begin()), code::encoding,
         std::string(*control == '\0' ? "the file holds a NUL byte" : "the file holds a control character") + " here",
         "remove it, or write it as an escape in double quotes");
}

void check_returns(const Source& source) {
  const std::string_view text = source.text();
  for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] == '\n') continue;
    refuse(source, at, code::encoding, "the file holds a carriage return that ends no line",
           "end lines with a line feed");
  }
}

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// Whether the line ends in a header of a block scalar, "key: |" or "- >-": the deeper lines below are its text.
bool opens_block(std::string_view line) {
  if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) line = line.substr(0, comment);
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  const std::size_t header = line.find_last_not_of("+-123456789");
  if (header == std::string_view::npos || (line[header] != '|' && line[header] != '>')) return false;
  if (header == 0) return true;
  const std::size_t before = line.find_last_not_of(" \t", header - 1);
  return before != std::string_view::npos && before + 1 < header && (line[before] == ':' || line[before] == '-');
}

void check_lines(const Source& source) {
  std::optional<std::size_t> block;  // indentation of the line that opened it
  bool begun = false;
  std::size_t offset = 0;
  for (std::uint32_t number = 1; number <= source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    const std::size_t start = offset;
    offset = source.text().find('\n', offset);
    offset = offset == std::string_view::npos ? source.text().size() : offset + 1;
    const std::size_t content = line.find_first_not_of(" \t");
    if (content == std::string_view::npos) continue;
    if (block && indentation(line) > *block) continue;
    block.reset();
    if (line[content] == '#') continue;
    if (const std::size_t tab = line.substr(0, content).find('\t'); tab != std::string_view::npos)
      refuse(source, start + tab, code::tab, "a tab in the indentation", "indent with spaces");
    if (!begun && line[0] == '%')
      refuse(source, start, code::unsupported_yaml, "directives are not supported", "remove this line");
    begun = true;
    if (opens_block(line)) block = content;
  }
}

}  // namespace

void check_text(const Source& source) {
  check_encoding(source);
  check_returns(source);
  check_lines(source);
}

}  // namespace kirsch::config
