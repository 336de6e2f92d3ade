// What a line can say of a request, by name.
#pragma once

#include <kirsch/exchange.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "timestamp.h"

namespace accesslog {

// Memory for values that have to be composed. One thread; it is kept, so that no request allocates any.
struct Scratch {
  std::string value;
  std::array<char, 20> digits;
  std::string masked;
  Timestamp time;
};

// A request at its end.
struct Subject {
  kirsch::Exchange& exchange;
  kirsch::Outcome outcome;
  Timestamp::Time now;
  const std::vector<std::string>& mask;  // query parameters whose values are hidden
};

enum class Kind : std::uint8_t {
  number,  // JSON has it as it is; so are true and false
  word,    // the server's own: nothing in it needs an escape
  text,    // may be of the client, and may be empty
};

struct Field {
  std::string_view name;
  Kind kind;
  // A view until the next call with the same Scratch.
  std::string_view (*value)(const Subject& subject, Scratch& scratch);
};

// All of them, by name.
std::span<const Field> fields();

// Null: there is none of that name.
const Field* find_field(std::string_view name);

}  // namespace accesslog
