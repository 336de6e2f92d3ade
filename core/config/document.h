// A YAML file as a tree with positions, or the first reason why it is none.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "config/node.h"

namespace kirsch::config {

// Immutable, movable; nodes point into it. What YAML has and configuration must not have is refused: anchors, aliases,
// tags, merge keys, duplicate keys, several documents, directives, plain text over several lines.
class Document {
 public:
  static constexpr std::size_t max_size = 1024 * 1024;
  static constexpr std::size_t max_depth = 64;
  static constexpr std::size_t max_nodes = 200'000;

  // Throw base::Refusal with one diagnostic.
  static Document from_file(const std::filesystem::path& path);
  // `name` and `directory` as in Source. The text may be a fragment ("730d", "[a, b]", "{}"); an empty one is null.
  static Document from_text(std::string text, std::string name = {}, std::string directory = {});

  const Node& root() const { return root_; }
  const Source& source() const { return *source_; }

 private:
  Document() = default;

  std::unique_ptr<const Source> source_;  // its address stays when the document moves
  Node root_;
};

}  // namespace kirsch::config
