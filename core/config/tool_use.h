// A tool or handler with the options that hold for one path.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/value.h"

namespace kirsch::config {

// `options` holds a base::Structure. It is the same object wherever the same lines of the file gave it, so that paths
// which say nothing of their own about a tool can share one instance.
struct ToolUse {
  std::string name;
  base::Position origin;        // the innermost place that says something about it
  std::optional<int> priority;  // 0..100; none: the module's own
  std::shared_ptr<const base::Value> options;
};

struct HandlerUse {
  std::string name;
  base::Position origin;
  std::shared_ptr<const base::Value> options;
};

}  // namespace kirsch::config
