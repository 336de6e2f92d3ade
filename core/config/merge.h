// Tools of several levels merged into those of one path.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/reader.h"
#include "config/tool_level.h"
#include "config/tool_use.h"

namespace kirsch::config {

class Merge {
 public:
  explicit Merge(Reader& reader) : reader_(reader) {}

  // `levels` from the outermost to the innermost. What is wrong with a merged whole is reported; such a tool is left
  // out.
  std::vector<ToolUse> tools(const std::vector<const ToolLevel*>& levels);

 private:
  // The words that decide the options: what is made from the same words is the same object.
  using Trail = std::pair<std::string, std::vector<const ToolWord*>>;

  struct Draft {
    Trail trail;
    const ToolWord* last = nullptr;
    bool on = true;
    std::optional<int> priority;
  };

  static void apply(const ToolWord& word, std::vector<Draft>& drafts);
  std::shared_ptr<const base::Value> options(const Draft& draft);

  Reader& reader_;
  std::map<Trail, std::shared_ptr<const base::Value>> known_;
};

}  // namespace kirsch::config
