// What modules offer, as far as a configuration must know it: names and the options behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/schema.h"

namespace kirsch::config {

enum class Kind : std::uint8_t { tool, handler, plugin, provider };

std::string_view name(Kind kind);  // "tool"

// Implemented by whoever knows the modules; constant while a configuration is compiled, and what it returns stays where
// it is.
class Catalogue {
 public:
  virtual ~Catalogue() = default;

  // Null: unknown.
  virtual const std::vector<base::Option>* tool(std::string_view name) const = 0;
  virtual const std::vector<base::Option>* handler(std::string_view name) const = 0;
  virtual const std::vector<base::Option>* plugin(std::string_view name) const = 0;
  virtual const std::vector<base::Option>* provider(std::string_view service, std::string_view name) const = 0;

  // All names, for "did you mean".
  virtual std::vector<std::string> tools() const = 0;
  virtual std::vector<std::string> handlers() const = 0;
  virtual std::vector<std::string> plugins() const = 0;
  virtual std::vector<std::string> providers(std::string_view service) const = 0;

  // False: some modules could not be looked for (which is reported), so that an unknown name says nothing.
  virtual bool complete() const { return true; }
  // The directories where modules are looked for.
  virtual std::vector<std::string> directories() const { return {}; }
  // Why a module that would offer `name` cannot be used; none: no module claims it.
  virtual std::optional<base::Diagnostic> fault(Kind, std::string_view /*name*/) const { return std::nullopt; }
};

}  // namespace kirsch::config
