// Nothing is read while requests are answered.
#include "page_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace error_pages {
namespace {

constexpr std::size_t largest = 256 * 1024;

}  // namespace

std::string page_file(const std::string& path) {
  std::error_code fault;
  const auto status = std::filesystem::status(path, fault);
  if (!std::filesystem::exists(status)) throw std::invalid_argument("cannot be read: " + fault.message());
  // A pipe would be waited for.
  if (!std::filesystem::is_regular_file(status)) throw std::invalid_argument("is not a plain file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(largest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && file.fail()) throw std::invalid_argument(std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest) throw std::invalid_argument("is larger than 256KiB");
  return text;
}

std::optional<Format> format_of(const std::string& path) {
  const auto ending = std::filesystem::path(path).extension();
  if (ending == ".html" || ending == ".htm") return Format::html;
  if (ending == ".json") return Format::json;
  if (ending == ".txt") return Format::text;
  return std::nullopt;
}

}  // namespace error_pages
