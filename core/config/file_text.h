// The contents of a configuration file that can be trusted.
#pragma once

#include <cstddef>
#include <string>

namespace kirsch::config {

struct FileText {
  std::string text;
  bool exposed = false;  // everybody may read it
};

// `name` is its absolute path. Throws base::Refusal, with a position of line 0, for what is no regular file, may be
// written by everybody, or is larger than `most` bytes. Never waits: a pipe is refused.
FileText file_text(const std::string& name, std::size_t most);

}  // namespace kirsch::config
