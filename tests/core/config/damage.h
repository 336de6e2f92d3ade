// Slips of the hand in the text of a configuration, and what must hold for every message about it.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "base/diagnostic.h"
#include "config/source.h"

namespace kirsch::test {

// The sanitizers take thirty times as long for each.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t damages = 1'000;
#else
inline constexpr std::uint64_t damages = 5'000;
#endif

// Deletes, swaps, doubles and inserts, as a slip of the hand does.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::string of(std::string text) {
    for (std::size_t count = 1 + below(3); count > 0; --count) once(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  void once(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    const std::size_t other = below(text.size());
    switch (below(6)) {
      case 0:
        text.erase(at, 1 + below(8));
        break;
      case 1:
        std::swap(text[at], text[other]);
        break;
      case 2:
        swap_lines(text, at, other);
        break;
      case 3:
        text.insert(at, text.substr(other, 1 + below(24)));
        break;
      case 4:
        text.insert(at, 1, marks[below(sizeof marks - 1)]);
        break;
      default:
        text.resize(at);
    }
  }

  static void swap_lines(std::string& text, std::size_t one, std::size_t other) {
    const auto line = [&](std::size_t at) {
      const std::size_t start = text.rfind('\n', at) + 1;
      return std::pair(std::min(start, at), text.find('\n', at));
    };
    auto [start, end] = line(std::min(one, other));
    auto [later_start, later_end] = line(std::max(one, other));
    if (end == std::string::npos || later_end == std::string::npos || end >= later_start) return;
    const std::string first = text.substr(start, end - start);
    const std::string second = text.substr(later_start, later_end - later_start);
    text.replace(later_start, later_end - later_start, first);
    text.replace(start, end - start, second);
  }

  static constexpr char marks[] = "{}[]:,#\"'-&*!|>%@`?~ \t\n\r$\\=/0";
  std::mt19937_64 random_;
};

// Why `diagnostic` points nowhere in the text; empty: it points into it.
inline std::string misplaced(const base::Diagnostic& diagnostic, const std::string& text) {
  if (!diagnostic.position) return "no position";
  const config::Source source("", "", text);
  const base::Position& at = *diagnostic.position;
  if (at.line < 1 || at.line > source.line_count()) return "line " + std::to_string(at.line);
  // One beyond the end is the place of what is missing there.
  if (at.column < 1 || at.column > source.line(at.line).size() + 1) return "column " + std::to_string(at.column);
  return {};
}

}  // namespace kirsch::test
