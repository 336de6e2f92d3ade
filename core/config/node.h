// One piece of a document as it was written: no type is guessed here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "config/source.h"

namespace kirsch::config {

struct Entry;

// Plain data; `source` belongs to the document and must outlive the node and its copies.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or of block style: "off" is text then
  std::uint32_t line = 0, column = 0;
  std::uint32_t length = 1;  // bytes to underline
  const Source* source = nullptr;
  std::string text;            // scalar
  std::vector<Node> items;     // sequence
  std::vector<Entry> entries;  // mapping, in the order of the file; keys are scalars and differ

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_mapping() const { return kind == Kind::mapping; }
  // The word `off` without quotes.
  bool is_off() const { return is_scalar() && !quoted && text == "off"; }

  // Of a mapping; null: no such key.
  const Entry* find(std::string_view key) const;
  const Node* value(std::string_view key) const;

  // With no file where the source is a default.
  base::Position position() const;
  std::string_view source_line() const;
  // Of a scalar: where its text ends, in quotes and blocks perhaps further down.
  std::uint32_t last_line() const;
};

struct Entry {
  Node key;
  Node value;
};

// "a mapping", "a list", "'text'", "nothing": for messages.
std::string description(const Node& node);

}  // namespace kirsch::config
