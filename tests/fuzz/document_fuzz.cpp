// Any bytes as a configuration: a tree that keeps our rules, or one diagnostic; then every section read by its schema.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace {

using kirsch::config::Document;
using kirsch::config::Node;

// What the rest of the component relies on.
void check(const Node& node, std::size_t depth) {
  if (depth > Document::max_depth + 1 || node.source == nullptr || node.line == 0 || node.column == 0) std::abort();
  for (const Node& item : node.items) check(item, depth + 1);
  for (const auto& entry : node.entries) {
    if (!entry.key.is_scalar() || node.find(entry.key.text) != &entry) std::abort();
    check(entry.value, depth + 1);
  }
}

// One tool, handler and plugin with an option of each shape, so that values and merging are reached.
class Everything final : public kirsch::config::Catalogue {
 public:
  Everything() {
    using kirsch::base::OptionType;
    const auto add = [&](const char* name, OptionType type) -> kirsch::base::Schema& {
      kirsch::base::Option& option = options_.emplace_back();
      option.name = name;
      option.default_text.emplace("off");
      option.schema.type = type;
      option.schema.optional = true;
      return option.schema;
    };
    options_.reserve(16);
    add("b", OptionType::boolean);
    add("i", OptionType::integer);
    add("n", OptionType::number);
    add("s", OptionType::string);
    add("d", OptionType::duration).unit_ns = 1'000'000;
    add("z", OptionType::size);
    add("p", OptionType::path);
    add("c", OptionType::cidr);
    add("e", OptionType::enumeration).names = {"one", "two"};
    add("l", OptionType::list).element = std::make_shared<kirsch::base::Schema>(options_.front().schema);
    add("m", OptionType::map).element = std::make_shared<kirsch::base::Schema>(options_[1].schema);
    add("t", OptionType::structure).options = {options_[0], options_[1]};
    kirsch::base::Schema& one = add("o", OptionType::one_of);
    one.alternatives = {options_[1].schema, options_[8].schema, options_[11].schema};
    add("v", OptionType::provider).service = "x";
  }
  const std::vector<kirsch::base::Option>* tool(std::string_view) const override { return &options_; }
  const std::vector<kirsch::base::Option>* handler(std::string_view) const override { return &options_; }
  const std::vector<kirsch::base::Option>* plugin(std::string_view) const override { return &options_; }
  const std::vector<kirsch::base::Option>* provider(std::string_view, std::string_view) const override {
    return &none_;
  }
  std::vector<std::string> tools() const override { return {"a"}; }
  std::vector<std::string> handlers() const override { return {"a"}; }
  std::vector<std::string> plugins() const override { return {"a"}; }
  std::vector<std::string> providers(std::string_view) const override { return {"a"}; }

 private:
  std::vector<kirsch::base::Option> options_;
  std::vector<kirsch::base::Option> none_;
};

// Errors come first, one at least, then warnings; none brings the terminal a command.
void render(const kirsch::base::Refusal& refusal) {
  const auto& all = refusal.diagnostics();
  const auto is_error = [](const auto& one) { return one.severity == kirsch::base::Severity::error; };
  if (!is_error(all.front()) || !std::is_partitioned(all.begin(), all.end(), is_error)) std::abort();
  for (const auto& one : all)
    if (kirsch::base::text(one).find('\x1b') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Everything catalogue;
  try {
    const Document document =
        Document::from_text(std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml", "/nowhere");
    check(document.root(), 0);
    kirsch::config::compile(document, catalogue);
  } catch (const kirsch::base::Refusal& refusal) {
    render(refusal);
  }
  return 0;
}
