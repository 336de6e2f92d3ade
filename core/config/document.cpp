// Parsing of one text.
#include "config/document.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "config/brackets.h"
#include "config/code.h"
#include "config/findings.h"
#include "config/include.h"
#include "config/text_check.h"
#include "config/tree_builder.h"

namespace kirsch::config {
namespace {

// The sentences of yaml-cpp speak of its states; these speak of the file.
struct Sentence {
  std::string_view theirs;
  const char* ours;
  const char* help;
};
constexpr std::array<Sentence, 13> sentences = {{
    {"illegal map value", "a second ': ' where one value was expected",
     "put quotes around text that holds ': ', or check the indentation"},
    {"end of sequence flow not found", "a list that begins with '[' is not closed", "add ']'"},
    {"end of map flow not found", "a mapping that begins with '{' is not closed", "add '}'"},
    {"illegal EOF in scalar", "text in quotes is not closed", "add the closing quote"},
    {"illegal flow end", "a closing bracket without its opening one", ""},
    {"unknown token", "a value cannot begin with this character", "put quotes around the text"},
    {"illegal block entry", "a list entry '- ' cannot begin here", "put it on a line of its own"},
    {"end of map not found", "this does not continue the mapping above", "check the indentation"},
    {"end of sequence not found", "this does not continue the list above", "check the indentation"},
    {"illegal map key", "a key cannot begin here", "check the indentation"},
    {"the referenced anchor is not defined", "aliases are not supported",
     "use a named set of tools under 'pipelines'; put quotes around text that begins with *"},
    {"unknown escape character", "an unknown escape in double quotes",
     "write \\\\ for a backslash, or put single quotes around the text"},
    {"illegal document indicator in scalar", "text in quotes is not closed", "add the closing quote"},
}};

Node place_of(const Source& source, const YAML::Mark& mark) {
  Node at;
  at.source = &source;
  // At the end of the text the mark may lie behind it.
  at.line = std::min(static_cast<std::uint32_t>(std::max(mark.line, 0) + 1), source.line_count());
  const auto end = static_cast<std::uint32_t>(source.line(at.line).size() + 1);
  at.column = std::min(static_cast<std::uint32_t>(std::max(mark.column, 0) + 1), end);
  return at;
}

struct SyntaxFault {
  Node at;
  std::string message;
  Findings::Advice advice;
};

// What is open where a list or mapping in brackets breaks off: yaml-cpp has no place for that at the end of a file.
void explain_bracket(SyntaxFault& fault, const Source& source, std::size_t start, std::size_t offset) {
  const std::string_view text = source.text();
  const bool ended = offset <= start || text.find_first_not_of(" \t\r\n", offset) == std::string_view::npos;
  const std::optional<std::size_t> open = open_at(text, start, ended ? text.size() : offset);
  if (!open) return;
  const char opener = text[*open];
  if (ended || opener == '"' || opener == '\'') {
    fault.at.line = source.line_at(*open);
    fault.at.column = source.column_at(*open);
    fault.message = opener == '['   ? "a list that begins with '[' is not closed"
                    : opener == '{' ? "a mapping that begins with '{' is not closed"
                                    : "text in quotes is not closed";
    fault.advice.help = opener == '[' ? "add ']'" : opener == '{' ? "add '}'" : "add the closing quote";
    return;
  }
  fault.message = opener == '[' ? "',' or ']' is missing here" : "',' or '}' is missing here";
  fault.advice.note = "'" + std::string(1, opener) + "' is open since " + std::to_string(source.line_at(*open)) + ":" +
                      std::to_string(source.column_at(*open));
  fault.advice.help.clear();
}

// Where "key:value" on the line above made one text of two lines.
std::optional<std::size_t> colon_without_space(const Source& source, std::uint32_t line) {
  if (line < 2) return std::nullopt;
  const std::string_view above = source.line(line - 1);
  const std::size_t colon = above.find(':');
  if (colon == std::string_view::npos || colon + 1 >= above.size() || above[colon + 1] == ' ') return std::nullopt;
  if (above.substr(0, colon).find_first_of("\"'[]{}#") != std::string_view::npos) return std::nullopt;
  return source.offset(line - 1, static_cast<std::uint32_t>(colon + 1));
}

[[noreturn]] void refuse_syntax(const Source& source, const YAML::ParserException& fault, const TreeBuilder& builder) {
  SyntaxFault ours{place_of(source, fault.mark), fault.msg, {}};
  for (const Sentence& one : sentences) {
    if (!std::string_view(fault.msg).starts_with(one.theirs)) continue;
    ours.message = one.ours;
    ours.advice.help = one.help;
  }
  const bool alias = fault.msg == "the referenced anchor is not defined";
  const bool bracket = fault.msg.ends_with("flow not found") || fault.msg == "illegal flow end";
  if (const Node* open = builder.innermost(); bracket && open != nullptr)
    explain_bracket(ours, source, source.offset(open->line, open->column),
                    static_cast<std::size_t>(std::max(fault.mark.pos, 0)));
  if (fault.msg == "illegal map value") {
    if (const auto colon = colon_without_space(source, ours.at.line)) {
      ours.at.line = source.line_at(*colon);
      ours.at.column = source.column_at(*colon);
      ours.message = "a space is missing behind this colon";
      ours.advice.help.clear();
    }
  }
  throw base::Refusal(diagnostic_at(ours.at, alias ? code::unsupported_yaml : code::syntax, std::move(ours.message),
                                    std::move(ours.advice)));
}

Node parsed(const Source& source) {
  TreeBuilder builder(source);
  std::istringstream stream{std::string(source.text())};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& fault) {
    refuse_syntax(source, fault, builder);
  }
  return builder.take();
}

}  // namespace

std::vector<std::string> Document::files() const {
  std::vector<std::string> names;
  for (const auto& source : sources_) names.push_back(source->name());
  return names;
}

std::string_view Document::line(const base::Position& position) const {
  const auto found =
      std::ranges::find_if(sources_, [&](const auto& source) { return source->name() == position.file; });
  return found == sources_.end() ? std::string_view() : (*found)->line(position.line);
}

Document Document::from_file(const std::filesystem::path& path) {
  Inclusion inclusion;
  return inclusion.document(std::filesystem::absolute(path).lexically_normal().string());
}

Document Document::from_text(std::string text, std::string name, std::string directory, bool exposed) {
  if (text.size() > max_size) {
    base::Diagnostic fault;
    fault.code = code::too_large;
    fault.message = "the text is larger than " + base::size_text(max_size);
    throw base::Refusal(std::move(fault));
  }
  Document document;
  document.sources_.push_back(
      std::make_unique<const Source>(std::move(name), std::move(directory), std::move(text), exposed));
  check_text(document.source());
  document.root_ = parsed(document.source());
  return document;
}

}  // namespace kirsch::config
