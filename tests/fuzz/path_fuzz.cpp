// A normalised path begins with a slash, has no dot segment, no double slash, no control character.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/arena.h"
#include "http/path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(reinterpret_cast<const char*>(data), size);
  kirsch::base::Arena arena;
  const auto path = kirsch::http::normalised_path(raw, arena);
  if (!path || *path == "*") return 0;
  const std::string text = std::string(*path) + "/";
  if (text.front() != '/') std::abort();
  for (const char* bad : {"/../", "/./"}) {
    if (text.find(bad) != std::string::npos) std::abort();
  }
  if (path->find("//") != std::string_view::npos || path->size() > raw.size()) std::abort();
  for (char c : *path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  return 0;
}
