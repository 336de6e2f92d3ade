// The logs that a server writes.
#pragma once

#include <vector>

#include "base/log_settings.h"
#include "base/schema.h"
#include "config/reader.h"

namespace kirsch::config {

const std::vector<base::Option>& error_log_options();
const std::vector<base::Option>& named_log_options();

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings. LogSettings::queue is set elsewhere: it is a limit of the server.
base::LogSettings read_logs(Reader& reader, const Node* section, const Node& root);

}  // namespace kirsch::config
