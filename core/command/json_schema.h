// Options as JSON Schema (draft-07, which the YAML language servers of editors know best).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/schema.h"
#include "command/json.h"

namespace kirsch::command {

// Writes what the reader of configurations would accept, or more: never less.
class JsonSchema {
 public:
  enum class Scope : std::uint8_t {
    whole,
    part,  // one level of several that are merged: nothing is required
  };

  explicit JsonSchema(JsonWriter& json) : json_(json) {}

  // As a value of the writer.
  void write(const base::Schema& schema, Scope scope, const std::string& description = {});
  // The entries of "properties", without the braces.
  void properties(const std::vector<base::Option>& options, Scope scope);
  // "type": "object" and all that belongs to it, without the braces. `more` writes further properties.
  template <class More>
  void object(const std::vector<base::Option>& options, Scope scope, More more) {
    json_.field("type", "object").field("additionalProperties", false);
    required(options, scope);
    json_.key("properties").open_object();
    more();
    properties(options, scope);
    json_.close_object();
  }
  void object(const std::vector<base::Option>& options, Scope scope) {
    object(options, scope, [] {});
  }

  // Services that were referred to as "#/definitions/" + provider_name: whoever uses this defines them.
  const std::set<std::string>& services() const { return services_; }
  static std::string provider_name(const std::string& service, Scope scope);

 private:
  void required(const std::vector<base::Option>& options, Scope scope);
  void alternatives(const base::Schema& schema, Scope scope);
  void scalar(const base::Schema& schema);
  void container(const base::Schema& schema, Scope scope);
  void text(const char* pattern);
  void bounds(const base::Schema& schema, const char* least, const char* most);

  JsonWriter& json_;
  std::set<std::string> services_;
};

}  // namespace kirsch::command
