// Everything found wrong with a configuration, collected so that the operator sees all of it at once.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "config/node.h"

namespace kirsch::config {

// One thread. What is said twice of the same place is kept once.
class Findings {
 public:
  struct Advice {
    std::string note = {};  // beside the caret
    std::string help = {};
  };

  void error(const Node& at, const char* code, std::string message, Advice advice);
  void error(const Node& at, const char* code, std::string message) { error(at, code, std::move(message), Advice{}); }
  void warning(const Node& at, const char* code, std::string message, Advice advice);
  void add(base::Diagnostic diagnostic);
  // What is or may be a secret stands in `node`: no message shows a line of it, whatever else it is about.
  void hide(const Node& node);

  std::size_t error_count() const { return errors_.size(); }
  const std::vector<base::Diagnostic>& errors() const { return errors_; }
  const std::vector<base::Diagnostic>& warnings() const { return warnings_; }

  // Throws base::Refusal with all errors, in the order of the files, and then all warnings, if there is an error.
  void refuse() const;

 private:
  void hide_line(const std::string& file, std::uint32_t line);

  std::vector<base::Diagnostic> errors_;
  std::vector<base::Diagnostic> warnings_;
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t, std::string>> known_;
  std::set<std::pair<std::string, std::uint32_t>> hidden_;  // lines of files
};

// "first at 3:1", with its file where that is not the one of `here`: for notes.
std::string first_at(const base::Position& first, const Node& here);

// A line of a file as messages show it: passwords in URLs are stars, as many as they have bytes. For where no schema
// says what is secret: in a text that cannot be parsed, and below names that nobody knows.
std::string shown(std::string_view line);

// A diagnostic at `at` with its source line.
base::Diagnostic diagnostic_at(const Node& at, const char* code, std::string message, Findings::Advice advice);

}  // namespace kirsch::config
