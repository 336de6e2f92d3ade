// YAML as a tree with positions, or the first reason in each file why it is none.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace kirsch::config {

// Immutable, movable; nodes point into it. What YAML has and configuration must not have is refused: anchors, aliases,
// tags, merge keys, duplicate keys, several documents, directives, plain text over several lines.
class Document {
 public:
  static constexpr std::size_t max_size = 1024 * 1024;
  static constexpr std::size_t max_depth = 64;
  static constexpr std::size_t max_nodes = 200'000;

  static constexpr std::size_t max_include_depth = 8;

  // With all that the key `include` of its root names, see include.h. Throws base::Refusal with at most one syntax
  // error per file.
  static Document from_file(const std::filesystem::path& path);
  // Throws base::Refusal with one diagnostic.
  // `name`, `directory` and `exposed` as in Source; of at most `max_size` bytes. The text may be a fragment ("730d",
  // "[a, b]",
  // "{}"); an empty one is null.
  static Document from_text(std::string text, std::string name = {}, std::string directory = {}, bool exposed = false);

  const Node& root() const { return root_; }
  const Source& source() const { return *sources_.front(); }
  // Absolute paths of all files that it was read from.
  std::vector<std::string> files() const;
  // Of the file that `position` names; empty: it is none of this document.
  std::string_view line(const base::Position& position) const;

 private:
  friend class Inclusion;
  Document() = default;

  std::vector<std::unique_ptr<const Source>> sources_;  // never empty; their addresses stay when the document moves
  Node root_;
};

}  // namespace kirsch::config
