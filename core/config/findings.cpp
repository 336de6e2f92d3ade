// The list of what is wrong, in the order of the file.
#include "config/findings.h"

#include <algorithm>
#include <utility>

namespace kirsch::config {

std::string shown(std::string_view line) {
  std::string result(line);
  for (auto start = line.find("://"); start != line.npos; start = line.find("://", start + 3)) {
    const auto end = line.find_first_of(" \t\"'/?#,}]", start + 3);
    const auto authority = line.substr(start + 3, end == line.npos ? end : end - start - 3);
    const auto at = authority.rfind('@');
    const auto colon = authority.find(':');
    if (at != authority.npos && colon < at) result.replace(start + 4 + colon, at - colon - 1, at - colon - 1, '*');
  }
  return result;
}

base::Diagnostic diagnostic_at(const Node& at, const char* code, std::string message, Findings::Advice advice) {
  base::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.note = std::move(advice.note);
  diagnostic.help = std::move(advice.help);
  if (at.source != nullptr && !at.source->name().empty()) {
    diagnostic.position = at.position();
    diagnostic.source_line = shown(at.source_line());
  }
  return diagnostic;
}

std::string first_at(const base::Position& first, const Node& here) {
  const bool elsewhere = first.file != here.position().file;
  return "first at " + (elsewhere ? first.file + ":" : "") + std::to_string(first.line) + ":" +
         std::to_string(first.column);
}

void Findings::error(const Node& at, const char* code, std::string message, Advice advice) {
  add(diagnostic_at(at, code, std::move(message), std::move(advice)));
}

void Findings::warning(const Node& at, const char* code, std::string message, Advice advice) {
  base::Diagnostic diagnostic = diagnostic_at(at, code, std::move(message), std::move(advice));
  diagnostic.severity = base::Severity::warning;
  add(std::move(diagnostic));
}

void Findings::add(base::Diagnostic diagnostic) {
  const base::Position place = diagnostic.position.value_or(base::Position{});
  if (hidden_.contains({place.file, place.line})) diagnostic.source_line.clear();
  if (!known_.emplace(place.file, place.line, place.column, diagnostic.message).second) return;
  auto& list = diagnostic.severity == base::Severity::error ? errors_ : warnings_;
  list.push_back(std::move(diagnostic));
}

void Findings::hide_line(const std::string& file, std::uint32_t line) {
  if (!hidden_.emplace(file, line).second) return;
  for (auto* list : {&errors_, &warnings_})
    for (base::Diagnostic& one : *list)
      if (one.position && one.position->line == line && one.position->file == file) one.source_line.clear();
}

void Findings::hide(const Node& node) {
  for (const Node& item : node.items) hide(item);
  for (const Entry& entry : node.entries) hide(entry.value);
  if (!node.is_scalar() || node.source == nullptr) return;
  const std::uint32_t last = node.last_line();
  for (std::uint32_t line = node.line; line <= last; ++line) hide_line(node.source->name(), line);
}

void Findings::refuse() const {
  if (errors_.empty()) return;
  std::vector<base::Diagnostic> all = errors_;
  std::stable_sort(all.begin(), all.end(), [](const base::Diagnostic& left, const base::Diagnostic& right) {
    if (!left.position || !right.position) return left.position.has_value() && !right.position;
    return std::tie(left.position->file, left.position->line, left.position->column) <
           std::tie(right.position->file, right.position->line, right.position->column);
  });
  all.insert(all.end(), warnings_.begin(), warnings_.end());
  throw base::Refusal(std::move(all));
}

}  // namespace kirsch::config
