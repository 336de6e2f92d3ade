// What a line can say of a request, by name.
#pragma once

#include <kirsch/exchange.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "line.h"
#include "timestamp.h"

namespace accesslog {

// Memory for values that have to be composed. One thread; it is kept, so that no request allocates any.
struct Scratch {
  Line value;
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

// Of numbers and words.
inline constexpr std::size_t longest_word = 128;

struct Field {
  std::string_view name;
  Kind kind;
  // A number or a word: writes it, and returns its end, at most longest_word behind `to`.
  char* (*put)(char* to, const Subject& subject, Scratch& scratch) = nullptr;
  // A text: a view until the next call with the same Scratch.
  std::string_view (*text)(const Subject& subject, Scratch& scratch) = nullptr;
};

// All of them, by name.
std::span<const Field> fields();

// Null: there is none of that name.
const Field* find_field(std::string_view name);

}  // namespace accesslog
