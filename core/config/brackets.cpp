// A walk over flow style.
#include "config/brackets.h"

#include <algorithm>
#include <vector>

namespace kirsch::config {
namespace {

bool is_one_of(char c, std::string_view characters) { return characters.find(c) != std::string_view::npos; }

// Quotes and comments begin behind these only; elsewhere the character belongs to plain text.
bool begins_word(std::string_view text, std::size_t at) { return at == 0 || is_one_of(text[at - 1], " \t\r\n[{,:"); }

}  // namespace

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t start) {
  const char quote = text[start];
  for (std::size_t at = start + 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == quote) {
      const bool doubled = quote == '\'' && at + 1 < text.size() && text[at + 1] == quote;
      if (!doubled) return at + 1;
      ++at;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> open_at(std::string_view text, std::size_t start, std::size_t end) {
  std::vector<std::size_t> open;
  end = std::min(end, text.size());
  for (std::size_t at = start; at < end; ++at) {
    const char c = text[at];
    if (c == '[' || c == '{') {
      open.push_back(at);
    } else if (c == ']' || c == '}') {
      if (!open.empty()) open.pop_back();
    } else if ((c == '"' || c == '\'') && begins_word(text, at)) {
      const std::optional<std::size_t> behind = end_of_quoted(text, at);
      if (!behind) return at;
      at = *behind - 1;
    } else if (c == '#' && begins_word(text, at)) {
      at = std::min(text.find('\n', at), end);
    }
  }
  return open.empty() ? std::nullopt : std::optional(open.back());
}

}  // namespace kirsch::config
