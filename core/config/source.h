// The text that nodes came from: a file, or the default of an option.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kirsch::config {

class Source {
 public:
  // `name` as diagnostics show it, empty for a default. Relative paths in it are relative to `directory`. `exposed`:
  // everybody may read the file.
  Source(std::string name, std::string directory, std::string text, bool exposed = false);

  const std::string& name() const { return name_; }
  const std::string& directory() const { return directory_; }
  std::string_view text() const { return text_; }
  bool exposed() const { return exposed_; }

  // Lines and columns start at 1; outside of the text: empty.
  std::string_view line(std::uint32_t number) const;
  std::string_view rest_of_line(std::uint32_t number, std::uint32_t column) const;
  std::uint32_t line_count() const { return static_cast<std::uint32_t>(starts_.size()); }
  // Of a place in the text.
  std::size_t offset(std::uint32_t number, std::uint32_t column) const;
  std::uint32_t line_at(std::size_t offset) const;
  std::uint32_t column_at(std::size_t offset) const;

 private:
  std::string name_;
  std::string directory_;
  std::string text_;
  bool exposed_;
  std::vector<std::size_t> starts_;  // of each line
};

}  // namespace kirsch::config
