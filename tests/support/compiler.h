// Runs the compilers of this platform on small sources against the SDK, as an author outside the tree would.
#pragma once

#include "support/folder.h"
#include "support/process.h"

namespace kirsch::test {

struct Compiled {
  bool done = false;
  std::string messages;
};

inline std::filesystem::path sdk_folder() { return source_folder() / "core" / "sdk"; }

inline bool has_compiler(const std::string& compiler) {
  try {
    return Process({compiler, "--version"}).wait() == 0;
  } catch (const std::system_error&) {
    return false;
  }
}

inline Compiled compile(const std::string& compiler, const std::vector<std::string>& arguments) {
  std::vector<std::string> whole{compiler};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  Process process(whole, {.folder = {}, .environment = {{"LC_ALL", "C"}}, .input = {}});
  const bool done = process.wait(Milliseconds(120000)) == 0;
  return {done, process.output().all};
}

// The text of the note in a shared object; empty if there is none.
inline std::string manifest_of(const std::filesystem::path& object) {
  const std::string bytes = contents_of(object);
  const std::string head{'\7', 0, 0, 0};
  for (auto at = bytes.find(head); at != std::string::npos; at = bytes.find(head, at + 1)) {
    if (bytes.compare(at + 8, 12, std::string{1, 0, 0, 0, 'K', 'i', 'r', 's', 'c', 'h', 0, 0}) != 0) continue;
    std::size_t size = 0;
    for (std::size_t index = 4; index-- > 0;) size = size << 8 | static_cast<unsigned char>(bytes[at + 4 + index]);
    return bytes.substr(at + 20, size);
  }
  return {};
}

}  // namespace kirsch::test
