// Lines of a text.
#include "config/source.h"

#include <algorithm>
#include <utility>

namespace kirsch::config {

Source::Source(std::string name, std::string directory, std::string text, bool exposed)
    : name_(std::move(name)), directory_(std::move(directory)), text_(std::move(text)), exposed_(exposed), starts_{0} {
  for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1))
    starts_.push_back(at + 1);
}

std::string_view Source::line(std::uint32_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  if (end > start && text_[end - 1] == '\r') --end;
  return text().substr(start, end - start);
}

std::string_view Source::rest_of_line(std::uint32_t number, std::uint32_t column) const {
  const std::string_view all = line(number);
  return column == 0 || column > all.size() ? std::string_view() : all.substr(column - 1);
}

std::size_t Source::offset(std::uint32_t number, std::uint32_t column) const {
  if (number == 0 || number > starts_.size()) return text_.size();
  return std::min(text_.size(), starts_[number - 1] + (column == 0 ? 0 : column - 1));
}

std::uint32_t Source::line_at(std::size_t offset) const {
  return static_cast<std::uint32_t>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

std::uint32_t Source::column_at(std::size_t offset) const {
  return static_cast<std::uint32_t>(offset - starts_[line_at(offset) - 1] + 1);
}

}  // namespace kirsch::config
