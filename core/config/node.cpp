// Look-ups in a node and its place.
#include "config/node.h"

#include <algorithm>

#include "config/brackets.h"

namespace kirsch::config {

const Entry* Node::find(std::string_view key) const {
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& one) { return one.key.text == key; });
  return entry == entries.end() ? nullptr : &*entry;
}

const Node* Node::value(std::string_view key) const {
  const Entry* entry = find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

base::Position Node::position() const {
  return {source == nullptr ? std::string() : source->name(), line, column, length};
}

std::string_view Node::source_line() const { return source == nullptr ? std::string_view() : source->line(line); }

std::uint32_t Node::last_line() const {
  if (source == nullptr || !quoted) return line;
  const std::size_t start = source->offset(line, column);
  const std::string_view rest = source->rest_of_line(line, column);
  if (!rest.starts_with('"') && !rest.starts_with('\''))  // a block: its header, then its lines
    return line + 1 + static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  return source->line_at(end_of_quoted(source->text(), start).value_or(start) - 1);
}

std::string description(const Node& node) {
  constexpr std::size_t room = 60;
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
    case Node::Kind::scalar:
      break;
  }
  return "'" + node.text.substr(0, room) + (node.text.size() > room ? "…" : "") + "'";
}

}  // namespace kirsch::config
