// Paths arrive decoded once and normalised; %2F alone stays encoded.
#include "request_path.h"

#include <algorithm>

namespace static_files {
namespace {

constexpr std::string_view kept_as_they_are = "-._~!$&'()*+,;=:@/";

bool is_kept(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         kept_as_they_are.find(byte) != std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> path_below(std::string_view path, std::string_view strip) {
  if (!path.starts_with(strip)) return std::nullopt;
  path.remove_prefix(strip.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path;
}

bool is_hidden(std::string_view relative) {
  if (relative.find("%2F") != std::string_view::npos || relative.find("%2f") != std::string_view::npos) return true;
  for (std::size_t begin = 0; begin < relative.size();) {
    const auto end = std::min(relative.find('/', begin), relative.size());
    const auto segment = relative.substr(begin, end - begin);
    if (segment.starts_with('.') && !(begin == 0 && segment == ".well-known")) return true;
    begin = end + 1;
  }
  return false;
}

std::string encoded(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::string out = "/";
  for (const char byte : path) {
    if (is_kept(byte)) {
      out += byte;
    } else {
      const auto number = static_cast<unsigned char>(byte);
      out += {'%', digits[number >> 4], digits[number & 15]};
    }
  }
  return out;
}

}  // namespace static_files
