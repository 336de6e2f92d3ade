// The contents of a file that holds a secret.
#pragma once

#include <string>

#include "config/scalars.h"

namespace kirsch::config {

struct SecretFile {
  std::string contents;  // without the last line end
  std::string readers;   // who may read it beside those whom it is for: "everybody", "group staff"; empty: nobody
};

// A regular file of at most 64 KiB. It is for its owner and root; for its group where root chose that, or where it is
// its owner's alone, of the same name.
Parsed<SecretFile> read_secret(const std::string& path);

}  // namespace kirsch::config
