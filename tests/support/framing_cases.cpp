// Reads the notation of framing/README.md.
#include "support/framing_cases.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/folder.h"

namespace kirsch::test {
namespace {

// `\{COUNT*TEXT}` at the front of `text`, which loses it.
std::string repeated(std::string_view& text) {
  std::size_t count = 0;
  const auto digits = std::from_chars(text.data() + 2, text.data() + text.size(), count).ptr;
  const auto begin = static_cast<std::size_t>(digits - text.data()) + 1;
  std::size_t end = begin;
  for (int depth = 1; end < text.size(); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth == 0) break;
  }
  if (end >= text.size() || *digits != '*') throw std::runtime_error("a repetition is \\{COUNT*TEXT}");
  const auto once = unescaped(text.substr(begin, end - begin));
  std::string all;
  for (; count != 0; --count) all += once;
  text.remove_prefix(end + 1);
  return all;
}

char escape(std::string_view& text) {
  constexpr std::string_view names = "rnts0\\";
  constexpr std::string_view meanings("\r\n\t \0\\", 6);
  if (text.size() >= 4 && text[1] == 'x') {
    unsigned value = 0;
    const auto end = text.data() + 4;
    if (std::from_chars(text.data() + 2, end, value, 16).ptr != end) throw std::runtime_error("\\x wants two digits");
    text.remove_prefix(4);
    return static_cast<char>(value);
  }
  const auto at = text.size() < 2 ? names.npos : names.find(text[1]);
  if (at == names.npos) throw std::runtime_error("an unknown escape");
  text.remove_prefix(2);
  return meanings[at];
}

std::string replaced(std::string text, std::string_view value) {
  for (auto at = text.find("{}"); at != text.npos; at = text.find("{}", at + value.size())) text.replace(at, 2, value);
  return text;
}

// A case as it is written, before its values are put in.
struct Draft {
  std::string name;
  std::string bytes;
  std::vector<std::string> values;
  FramingCase made;

  void expect(std::string_view text) {
    int status = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), status).ptr;
    if (status != 0) made.answers.push_back({.status = status, .without_body = false, .reports = {}});
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text != " open" && text != " close" && text != "close") {
      throw std::runtime_error("an answer is `=> STATUS`, the last one with `open` or `close`, or `=> close`");
    }
    made.open = text == " open";
  }

  void line(std::string_view text) {
    if (text.starts_with("=> ")) {
      expect(text.substr(3));
    } else if (text == "<end>") {
      made.ends = true;
    } else if (text == "| no body") {
      made.answers.at(made.answers.size() - 1).without_body = true;
    } else if (text.starts_with("| ")) {
      made.answers.at(made.answers.size() - 1).reports.emplace_back(text.substr(2));
    } else if (text == "*" || text.starts_with("* ")) {
      values.emplace_back(text.substr(std::min<std::size_t>(text.size(), 2)));
    } else if (text.front() == ' ' || text.back() == ' ') {
      throw std::runtime_error("a space at the border of a line is written \\s");
    } else {
      bytes += text;
    }
  }

  FramingCase with(std::string_view value) const {
    FramingCase one = made;
    one.name = values.empty() ? name : name + ": " + std::string(value.substr(0, 60));
    one.bytes = unescaped(replaced(bytes, value));
    for (auto& answer : one.answers) {
      for (auto& report : answer.reports) report = unescaped(replaced(report, value));
    }
    return one;
  }

  void append_to(std::vector<FramingCase>& cases) const {
    if (name.empty()) return;
    if (values.empty()) cases.push_back(with({}));
    for (const auto& value : values) cases.push_back(with(value));
  }
};

void read(const std::filesystem::path& file, std::vector<FramingCase>& cases) {
  std::ifstream input(file);
  Draft draft;
  int number = 0;
  try {
    for (std::string line; std::getline(input, line);) {
      ++number;
      if (line.empty() || line.front() == '#') continue;
      if (line.starts_with("  ")) {
        draft.line(std::string_view(line).substr(2));
        continue;
      }
      draft.append_to(cases);
      const auto end = line.find("  ");
      if (end == line.npos) throw std::runtime_error("a case begins with its name, two spaces and its rule");
      draft = Draft{.name = line.substr(0, end), .bytes = {}, .values = {}, .made = {}};
    }
    draft.append_to(cases);
  } catch (const std::exception& error) {
    throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " + error.what());
  }
}

}  // namespace

std::string unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.starts_with("\\{")) {
      bytes += repeated(text);
    } else if (text.front() == '\\') {
      bytes += escape(text);
    } else {
      bytes += text.front();
      text.remove_prefix(1);
    }
  }
  return bytes;
}

std::vector<FramingCase> framing_cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "tests/support/framing")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<FramingCase> cases;
  for (const auto& file : files) read(file, cases);
  return cases;
}

}  // namespace kirsch::test
