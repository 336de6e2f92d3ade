// The stack of open nodes and the rules of our YAML.
#include "config/tree_builder.h"

#include <algorithm>
#include <utility>

#include "config/brackets.h"
#include "config/code.h"
#include "config/document.h"
#include "config/findings.h"

namespace kirsch::config {
namespace {

[[noreturn]] void refuse(const Node& at, const char* code, std::string message, Findings::Advice advice = {}) {
  throw base::Refusal(diagnostic_at(at, code, std::move(message), std::move(advice)));
}

bool begins_with_quote(std::string_view text) { return text.starts_with('"') || text.starts_with('\''); }

// Within its first line.
std::uint32_t length_of(const Node& scalar) {
  const std::string_view rest = scalar.source->rest_of_line(scalar.line, scalar.column);
  std::size_t length = scalar.quoted ? 1 : scalar.text.size();  // of a block: its header
  if (begins_with_quote(rest)) length = end_of_quoted(rest, 0).value_or(rest.size());
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(length, 1, std::max<std::size_t>(rest.size(), 1)));
}

}  // namespace

Node TreeBuilder::take() {
  if (root_.source == nullptr) {
    root_.source = &source_;
    root_.line = root_.column = 1;
  }
  return std::move(root_);
}

Node TreeBuilder::at(const YAML::Mark& mark) const {
  Node node;
  node.source = &source_;
  node.line = static_cast<std::uint32_t>(std::max(mark.line, 0) + 1);
  node.column = static_cast<std::uint32_t>(std::max(mark.column, 0) + 1);
  return node;
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (!std::exchange(has_document_, true)) return;
  const Node here = at(mark);
  if (source_.rest_of_line(here.line, here.column).starts_with("---"))
    refuse(here, code::second_document, "a second document begins here", {.help = "keep one document per file"});
  refuse(here, code::second_document, "the document has ended before this line",
         {.help = "check the indentation: everything belongs to one mapping"});
}

Node TreeBuilder::started(const YAML::Mark& mark, const std::string& tag) {
  Node node = at(mark);
  const std::string_view rest = source_.rest_of_line(node.line, node.column);
  if (rest.starts_with('!') || (tag != "?" && tag != "!" && !tag.empty()))
    refuse(node, code::unsupported_yaml, "tags are not supported",
           {.note = {}, .help = "remove it: the option decides the type; put quotes around text that begins with !"});
  return node;
}

void TreeBuilder::OnAnchor(const YAML::Mark& mark, const std::string& name) {
  refuse(at(mark), code::unsupported_yaml, "anchors are not supported: &" + name,
         {.help = "use a named set of tools under 'pipelines'; put quotes around text that begins with &"});
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  refuse(at(mark), code::unsupported_yaml, "aliases are not supported",
         {.help = "use a named set of tools under 'pipelines'; put quotes around text that begins with *"});
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
  Node node = at(mark);
  const std::string_view rest = source_.rest_of_line(node.line, node.column);
  const bool written =
      rest.starts_with('~') || rest.starts_with("null") || rest.starts_with("Null") || rest.starts_with("NULL");
  // The mark of a value that is missing is that of what follows.
  if (!written && !open_.empty() && open_.back().has_key) {
    node.line = open_.back().key.line;
    node.column = open_.back().key.column;
    node.length = open_.back().key.length;
  }
  add(std::move(node));
}

void TreeBuilder::check_plain(const Node& node) const {
  if (source_.rest_of_line(node.line, node.column).starts_with(node.text)) return;
  const bool in_brackets =
      !open_.empty() && open_at(source_.text(), source_.offset(open_.back().node.line, open_.back().node.column),
                                source_.offset(node.line, node.column));
  const bool key_lost = node.text.find(": ") != std::string::npos || node.text.ends_with(':');
  refuse(node, code::folded_text, "text without quotes continues on the next line",
         {.note = key_lost ? "the next line looks like a key of its own" : "",
          .help = in_brackets ? "close the bracket on this line, or put quotes around the text"
                              : "check the indentation of the next line, or put quotes around the text"});
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) {
  Node node = started(mark, tag);
  node.kind = Node::Kind::scalar;
  node.quoted = tag == "!";
  node.text = value;
  node.length = length_of(node);
  if (!node.quoted) check_plain(node);
  // yaml-cpp lets the end of a file close a quote.
  const std::size_t offset = source_.offset(node.line, node.column);
  if (begins_with_quote(source_.text().substr(offset)) && !end_of_quoted(source_.text(), offset))
    refuse(node, code::syntax, "text in quotes is not closed", {.note = {}, .help = "add the closing quote"});
  if (value.find('\0') != std::string::npos)
    refuse(node, code::encoding, "text with a NUL character is not supported", {.help = "remove the escape"});
  add(std::move(node));
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                                  YAML::EmitterStyle::value) {
  Node node = started(mark, tag);
  node.kind = Node::Kind::sequence;
  open(std::move(node));
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                             YAML::EmitterStyle::value) {
  Node node = started(mark, tag);
  node.kind = Node::Kind::mapping;
  open(std::move(node));
}

void TreeBuilder::open(Node node) {
  count(node);
  if (open_.size() >= Document::max_depth)
    refuse(node, code::too_large, "nested more than " + std::to_string(Document::max_depth) + " levels deep");
  if (!open_.empty() && open_.back().node.is_mapping() && !open_.back().has_key)
    refuse(node, code::syntax, "a key must be text, this one is " + description(node),
           {.help = "put quotes around a key that begins with [ or {"});
  open_.push_back(Open{std::move(node), {}, false, {}});
}

void TreeBuilder::close() {
  Node node = std::move(open_.back().node);
  open_.pop_back();
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (Open& parent = open_.back(); parent.node.is_sequence()) {
    parent.node.items.push_back(std::move(node));
  } else {
    parent.node.entries.push_back({std::move(parent.key), std::move(node)});
    parent.has_key = false;
  }
}

void TreeBuilder::add(Node node) {
  count(node);
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.node.is_sequence()) {
    parent.node.items.push_back(std::move(node));
  } else if (!parent.has_key) {
    add_key(std::move(node));
  } else {
    parent.node.entries.push_back({std::move(parent.key), std::move(node)});
    parent.has_key = false;
  }
}

void TreeBuilder::add_key(Node key) {
  Open& parent = open_.back();
  if (!key.is_scalar()) refuse(key, code::syntax, "a key is missing here");
  if (key.text == "<<" && !key.quoted)
    refuse(key, code::unsupported_yaml, "merge keys are not supported",
           {.help = "use a named set of tools under 'pipelines'"});
  const auto [known, fresh] = parent.keys.try_emplace(key.text, parent.node.entries.size());
  if (!fresh) {
    const Node& first = parent.node.entries[known->second].key;
    refuse(key, code::duplicate_key, "key '" + key.text + "' stands here twice",
           {.note = "first at " + std::to_string(first.line) + ":" + std::to_string(first.column),
            .help = "remove one of them, or put what belongs together under one"});
  }
  parent.key = std::move(key);
  parent.has_key = true;
}

void TreeBuilder::count(const Node& node) {
  if (++nodes_ > Document::max_nodes)
    refuse(node, code::too_large, "more than " + std::to_string(Document::max_nodes) + " keys and values");
}

}  // namespace kirsch::config
