// Nodes to values: what the schema says is checked, nothing is guessed, everything wrong is reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/schema.h"
#include "base/value.h"
#include "config/catalogue.h"
#include "config/findings.h"
#include "config/node.h"

namespace kirsch::config {

// One thread. `catalogue` and `findings` outlive it. Reads the environment and the files of secrets.
class Reader {
 public:
  enum class Scope : std::uint8_t {
    whole,  // missing options get their defaults or are errors
    part,   // one level of several that are merged later: only what is written is checked, the result is incomplete
  };

  // Relative paths in defaults are relative to `directory`.
  Reader(const Catalogue& catalogue, Findings& findings, std::string directory)
      : catalogue_(catalogue), findings_(findings), directory_(std::move(directory)) {}

  // None: something was wrong and has been reported. `what` names it in messages: "option 'max_age'".
  std::optional<base::Value> value(const Node& node, const base::Schema& schema, const std::string& what,
                                   Scope scope = Scope::whole);

  // The values of `options`, in their order; `options` stay where they are while the reader lives. `node` should be a
  // mapping; `at` is where missing ones are reported; `owner` names it in messages: "tool 'sessions'".
  std::optional<base::Value> structure(const Node& node, const std::vector<base::Option>& options, const Node& at,
                                       const std::string& owner, Scope scope = Scope::whole);

  // `node`, a scalar, with its variables expanded; none and reported: one is not set.
  std::optional<Node> expanded(const Node& node, bool secret = false);

  // Reports that nobody offers what the key names.
  void unknown_name(Kind kind, const Entry& entry, const std::string& service = {});

  Findings& findings() const { return findings_; }
  const Catalogue& catalogue() const { return catalogue_; }

 private:
  using Result = std::optional<base::Value>;

  // These take scalars as they are after expansion.
  Result resolved(const Node& node, const base::Schema& schema, const std::string& what, Scope scope);
  Result scalar(const Node& node, const base::Schema& schema, const std::string& what);
  Result duration(const Node& node, const base::Schema& schema, const std::string& what, Result result);
  Result text(const Node& node, const base::Schema& schema, const std::string& what);
  Result path(const Node& node, const std::string& what);
  Result secret(const Node& node, const base::Schema& schema, const std::string& what);
  Result enumeration(const Node& node, const base::Schema& schema, const std::string& what);
  Result list(const Node& node, const base::Schema& schema, const std::string& what, Scope scope);
  Result map(const Node& node, const base::Schema& schema, const std::string& what, Scope scope);
  Result one_of(const Node& node, const base::Schema& schema, const std::string& what, Scope scope);
  Result provider(const Node& node, const base::Schema& schema, const std::string& what, Scope scope);

  void note_secret(const Node& node);
  Result default_of(const base::Option& option, const Node& at, const std::string& owner);
  void unknown_keys(const Node& node, const std::vector<base::Option>& options, const std::string& owner);
  bool in_range(const Node& node, const base::Schema& schema, const std::string& what, double number);
  bool countable(const Node& node, const base::Schema& schema, const std::string& what, std::size_t count);
  void unfit(const Node& node, const base::Schema& schema, const std::string& what);
  void not_one_provider(const Node& node, const base::Schema& schema, const std::string& what);
  void refused_module(const Entry& entry, base::Diagnostic fault);
  bool perhaps_secret(Kind kind, const Entry& entry, const std::string& service) const;

  const Catalogue& catalogue_;
  Findings& findings_;
  std::string directory_;
  std::map<const base::Option*, std::unique_ptr<const base::Value>> defaults_;
  std::set<const Source*> exposed_;  // files that have been warned of
};

}  // namespace kirsch::config
