// From the events of yaml-cpp to nodes; everything that YAML allows and configuration does not ends here.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/node.h"

namespace kirsch::config {

// For one document of `source`, which outlives it. Its callbacks throw base::Refusal.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Source& source) : source_(source) {}

  // The root, once the events are over; null of line 1 if there were none.
  Node take();

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override;

  // The list or mapping that is open, for messages; null: none is.
  const Node* innermost() const { return open_.empty() ? nullptr : &open_.back().node; }

 private:
  struct Open {
    Node node;
    Node key;
    bool has_key = false;
    std::unordered_map<std::string, std::size_t> keys;  // → index in node.entries
  };

  Node at(const YAML::Mark& mark) const;
  Node started(const YAML::Mark& mark, const std::string& tag);
  void open(Node node);
  void close();
  void add(Node node);
  void add_key(Node key);
  void count(const Node& node);
  void check_plain(const Node& node) const;

  const Source& source_;
  std::vector<Open> open_;
  Node root_;
  bool has_document_ = false;
  std::size_t nodes_ = 0;
};

}  // namespace kirsch::config
