// Patterns, their handlers, and which prefixes each lies below.
#include "config/path_table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "config/code.h"
#include "config/section.h"

namespace kirsch::config {

void PathTable::read(const Node& paths) {
  if (!paths.is_mapping()) {
    reader_.findings().error(paths, code::wrong_type, "'paths' wants a mapping of paths, not " + description(paths),
                             {.note = {}, .help = "for example /: { handler: { NAME: {} } }"});
    return;
  }
  for (const Entry& entry : paths.entries) read_path(entry);
}

void PathTable::read_path(const Entry& entry) {
  Parsed<PathPattern> pattern = PathPattern::parse(entry.key.text);
  if (const Misfit* misfit = std::get_if<Misfit>(&pattern)) {
    reader_.findings().error(entry.key, code::bad_path, "path '" + entry.key.text.substr(0, 64) + "' " + misfit->why,
                             {.note = misfit->note});
    return;
  }
  Word word{&entry.key, std::move(std::get<PathPattern>(pattern)), {}};
  const auto [known, fresh] = shapes_.try_emplace(word.pattern.shape(), &entry.key);
  if (!fresh)
    reader_.findings().error(entry.key, code::twice,
                             "path '" + entry.key.text + "' matches the same as '" + known->second->text + "'",
                             {.note = first_at(known->second->position(), entry.key),
                              .help = "remove one of them, or write both as a list of alternatives with 'match'"});
  const std::string owner = "path '" + entry.key.text + "'";
  if (!entry.value.is_sequence()) {
    read_alternative(entry.key, entry.value, owner, word);
  } else if (entry.value.items.empty()) {
    reader_.findings().error(entry.value, code::wrong_type, owner + " wants at least one alternative");
  }
  for (const Node& item : entry.value.items) read_alternative(item, item, "an alternative of " + owner, word);
  if (word.alternatives.empty()) return;
  if (fresh) prefixes_.add(word.pattern, words_.size());
  words_.push_back(std::move(word));
}

void PathTable::read_alternative(const Node& at, const Node& node, const std::string& owner, Word& word) {
  if (!check_section(reader_.findings(), node, owner, {"match", "limits", "handler", "tools"})) return;
  Alternative alternative{&at, {}, {}, std::nullopt, std::nullopt};
  if (const Node* match = node.value("match")) alternative.match = read_match(reader_, *match);
  if (const Node* limits = node.value("limits"))
    alternative.body = read_body_limit(reader_, *limits, "'limits' of " + owner);
  if (const Node* tools = node.value("tools")) alternative.tools = levels_.level(*tools);
  if (const Node* written = node.value("handler")) alternative.handler = handler(*written);
  word.alternatives.push_back(std::move(alternative));
}

std::optional<HandlerUse> PathTable::handler(const Node& node) {
  if (!node.is_mapping() || node.entries.size() != 1) {
    reader_.findings().error(node, code::wrong_type, "'handler' wants a mapping of one name to its options",
                             {.note = {}, .help = "write { " + (node.is_scalar() ? node.text : "NAME") + ": {} }"});
    return std::nullopt;
  }
  const Entry& entry = node.entries.front();
  const std::vector<base::Option>* options = reader_.catalogue().handler(entry.key.text);
  if (options == nullptr) {
    reader_.unknown_name(Kind::handler, entry);
    return std::nullopt;
  }
  std::optional<base::Value> values =
      reader_.structure(entry.value, *options, entry.key, "handler '" + entry.key.text + "'");
  if (!values) return std::nullopt;
  return HandlerUse{entry.key.text, entry.key.position(), std::make_shared<const base::Value>(std::move(*values))};
}

// Where both match, the router prefers `word`: then a tool that guards the other does not run, or its handler does not
// answer.
void PathTable::warn_of_crossing(const Word& other, const Word& word) const {
  const auto guards = [](const Alternative& one) { return !one.tools.empty() || !one.match.empty(); };
  const auto says = [&](const Alternative& one) { return guards(one) || one.handler || one.body; };
  if (std::ranges::none_of(other.alternatives, says) || !(other.pattern < word.pattern)) return;
  const std::string both = other.pattern.crossing(word.pattern);
  if (shapes_.contains(both)) return;
  const bool guarded = std::ranges::any_of(other.alternatives, guards);
  reader_.findings().warning(*word.key, code::overlapping,
                             "'" + word.pattern.text() + "' also answers '" + both + "', " +
                                 (guarded ? "without the tools of '" : "instead of '") + other.pattern.text() + "'",
                             {.note = {},
                              .help = std::string(guarded ? "give it the same tools, or write '" : "write '") + both +
                                      "' as a path of its own"});
}

// From the outermost to the innermost.
std::vector<std::size_t> PathTable::prefixes_of(std::size_t number) const {
  const Word& word = words_[number];
  PrefixTree::Above above = prefixes_.above(word.pattern);
  for (const std::size_t one : above.crossing) warn_of_crossing(words_[one], word);
  std::erase(above.covering, number);
  std::ranges::sort(above.covering,
                    [&](std::size_t left, std::size_t right) { return words_[left].pattern < words_[right].pattern; });
  return std::move(above.covering);
}

std::vector<PathTable::Combination> PathTable::combinations(const Word& word,
                                                            const std::vector<std::size_t>& prefixes) const {
  std::vector<Combination> all{{}};
  const auto extend = [&](const Word& level) {
    std::vector<Combination> longer;
    for (const Combination& one : all) {
      for (const Alternative& alternative : level.alternatives) {
        longer.push_back(one);
        longer.back().push_back(&alternative);
      }
    }
    if (longer.size() > max_combinations) {
      reader_.findings().error(*word.key, code::too_large,
                               "path '" + word.pattern.text() + "' and the prefixes above it have more than " +
                                   std::to_string(max_combinations) + " combinations of alternatives");
      longer.resize(max_combinations);
    }
    all = std::move(longer);
  };
  for (const std::size_t prefix : prefixes) extend(words_[prefix]);
  extend(word);
  return all;
}

void PathTable::warn_of_unreachable(const Word& word, const std::vector<Combination>& combinations) const {
  for (auto later = word.alternatives.begin(); later != word.alternatives.end(); ++later) {
    const auto earlier = std::find_if(word.alternatives.begin(), later,
                                      [&](const Alternative& one) { return covers(one.match, later->match); });
    if (earlier != later)
      reader_.findings().warning(
          *later->at, code::unreachable, "this alternative is never reached",
          {.note = "all that it matches is answered before: " + first_at(earlier->at->position(), *later->at),
           .help = "put the narrower 'match' first"});
    const auto is_possible = [&](const Combination& one) {
      return one.back() == &*later && std::ranges::none_of(one, [&](const Alternative* above) {
               return contradict(above->match, later->match);
             });
    };
    if (std::ranges::none_of(combinations, is_possible))
      reader_.findings().warning(*later->at, code::unreachable, "'" + word.pattern.text() + "' is never reached",
                                 {.note = "a prefix above it demands other methods or clients", .help = {}});
  }
}

std::vector<Path> PathTable::merged(Merge& merge, const Outer& outer) const {
  std::vector<Path> paths;
  std::vector<std::size_t> firsts;                        // by word
  std::vector<std::pair<std::size_t, std::size_t>> open;  // path whose `otherwise` is the first of a word
  for (std::size_t number = 0; number < words_.size(); ++number) {
    const Word& word = words_[number];
    const std::vector<std::size_t> prefixes = prefixes_of(number);
    const std::vector<Combination> all = combinations(word, prefixes);
    warn_of_unreachable(word, all);
    firsts.push_back(paths.size());
    for (const Combination& one : all) paths.push_back(path_of(word, one, merge, outer));
    for (std::size_t index = firsts.back() + 1; index < paths.size(); ++index) {
      paths[index].first = false;
      paths[index - 1].otherwise = index;
    }
    if (!prefixes.empty() && !paths.back().matches.empty()) open.emplace_back(paths.size() - 1, prefixes.back());
  }
  for (const auto& [path, word] : open) paths[path].otherwise = firsts[word];
  // What answers when nothing else does, and error pages.
  const auto is_root = [](const Path& path) { return path.pattern == "/" && path.matches.empty(); };
  if (std::ranges::none_of(paths, is_root))
    paths.push_back({.pattern = "/", .tools = merge.tools(outer.tools), .body = outer.body});
  return paths;
}

Path PathTable::path_of(const Word& word, const Combination& combination, Merge& merge, const Outer& outer) {
  Path path{.pattern = word.pattern.text(), .origin = combination.back()->at->position(), .body = outer.body};
  std::vector<const ToolLevel*> levels = outer.tools;
  for (const Alternative* level : combination) {
    levels.push_back(&level->tools);
    if (level->handler) path.handler = level->handler;
    if (level->body) path.body = level->body;
    if (!level->match.empty()) path.matches.push_back(level->match);
  }
  path.tools = merge.tools(levels);
  return path;
}

}  // namespace kirsch::config
