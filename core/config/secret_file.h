// The contents of a file that holds a secret.
#pragma once

#include <string>

#include "config/scalars.h"

namespace kirsch::config {

struct SecretFile {
  std::string contents;  // without the last line end
  bool exposed = false;  // others than its owner and group may read it
};

// A regular file of at most 64 KiB.
Parsed<SecretFile> read_secret(const std::string& path);

}  // namespace kirsch::config
