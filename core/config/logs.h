// Where the error log goes.
#pragma once

#include <optional>
#include <string>

#include "base/log.h"
#include "config/reader.h"

namespace kirsch::config {

struct LogSettings {
  std::optional<std::string> file;  // absolute; none: standard error
  base::Level level = base::Level::info;
};

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings.
LogSettings read_logs(Reader& reader, const Node* section, const Node& root);

}  // namespace kirsch::config
