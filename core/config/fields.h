// Settings of the core described once: name, schema, default, and where the value goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/schema.h"
#include "base/value.h"
#include "config/reader.h"

namespace kirsch::config {

// Schemas.
base::Schema boolean();
base::Schema integer(std::int64_t minimum, std::int64_t maximum);
base::Schema duration(std::chrono::milliseconds minimum, std::chrono::milliseconds maximum);  // in milliseconds
base::Schema size(std::uint64_t minimum, std::uint64_t maximum);
base::Schema text(std::uint64_t maximum_length);
base::Schema path();
base::Schema network();  // 17 bytes, see base::Value
base::Schema enumeration(std::vector<std::string> names);
base::Schema list_of(base::Schema element);
base::Schema map_of(base::Schema element);
base::Schema one_of(std::vector<base::Schema> alternatives);
base::Schema structure(std::vector<base::Option> options);
base::Schema or_off(base::Schema schema);

// Values as the schemas above make them.
inline bool as_boolean(const base::Value& value) { return std::get<bool>(value.data); }
inline std::int64_t as_integer(const base::Value& value) { return std::get<std::int64_t>(value.data); }
inline const std::string& as_text(const base::Value& value) { return std::get<std::string>(value.data); }
std::chrono::milliseconds as_milliseconds(const base::Value& value);

// Immutable; made once and kept, because readers remember defaults by the address of their option.
template <class Target>
class Fields {
 public:
  struct Field {
    base::Option option;
    void (*set)(Target&, const base::Value&);
  };

  Fields(std::initializer_list<Field> fields) {
    for (const Field& field : fields) {
      options_.push_back(field.option);
      setters_.push_back(field.set);
    }
  }

  const std::vector<base::Option>& options() const { return options_; }

  // `value` is a structure of these options.
  void assign(Target& target, const base::Value& value) const {
    const auto& values = std::get<base::Structure>(value.data).values;
    for (std::size_t index = 0; index < setters_.size(); ++index) setters_[index](target, values[index]);
  }

  // `node` null: all defaults. What is wrong is reported and leaves `target` as it was.
  bool read(Reader& reader, const Node* node, const Node& at, const std::string& owner, Target& target) const {
    Node empty = at;
    empty.kind = Node::Kind::mapping;
    empty.entries.clear();
    const std::optional<base::Value> value = reader.structure(node == nullptr ? empty : *node, options_, at, owner);
    if (value) assign(target, *value);
    return value.has_value();
  }

 private:
  std::vector<base::Option> options_;
  std::vector<void (*)(Target&, const base::Value&)> setters_;
};

}  // namespace kirsch::config
