// The key `match` of a path: what a request must have beside host and path.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/schema.h"
#include "config/reader.h"

namespace kirsch::config {

struct FieldMatch {
  std::string name;                  // as written
  std::optional<std::string> value;  // none: any value
  bool present = true;               // false: the field must be absent
};

// An empty part always holds.
struct Match {
  std::vector<std::string> methods;  // GET stands for GET and HEAD
  std::vector<std::string> clients;  // networks of 17 bytes, see base::Value
  std::vector<FieldMatch> headers;   // all of them
  base::Position origin;

  bool empty() const { return methods.empty() && clients.empty() && headers.empty(); }
};

const std::vector<base::Option>& match_options();

// What is wrong is reported to the reader's findings.
Match read_match(Reader& reader, const Node& node);

// Every request for which `narrow` holds, holds for `wide` too.
bool covers(const Match& wide, const Match& narrow);
// No request holds for both.
bool contradict(const Match& one, const Match& other);

}  // namespace kirsch::config
