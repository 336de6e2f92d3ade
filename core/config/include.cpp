// Depth first, in the order of the files: what is included comes behind what includes it.
#include "config/include.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "config/code.h"
#include "config/expansion.h"
#include "config/file_text.h"
#include "config/findings.h"
#include "config/snapshot.h"

namespace kirsch::config {
namespace {

namespace fs = std::filesystem;

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::string identity(const std::string& path) {
  std::error_code error;
  const fs::path known = fs::weakly_canonical(path, error);
  return error ? path : known.string();
}

}  // namespace

Document Inclusion::document(const std::string& path) {
  Document result;
  result.root_ = loaded({path, {}}, 0);
  if (!faults_.empty()) throw base::Refusal(std::move(faults_));
  result.sources_ = std::move(sources_);
  return result;
}

void Inclusion::fault(const Node& at, const char* code, std::string message, std::string help) {
  faults_.push_back(diagnostic_at(at, code, std::move(message), {.note = {}, .help = std::move(help)}));
}

// The root of the file with all that it includes; null where there is none.
Node Inclusion::loaded(const File& file, std::size_t depth) {
  files_.push_back(file);
  const fs::path path(file.path);
  Node root;
  try {
    FileText read = file_text(file.path, Document::max_size);
    Document one = Document::from_text(std::move(read.text), file.path, path.parent_path().string(), read.exposed);
    root = std::move(one.root_);
    sources_.push_back(std::move(one.sources_.front()));
  } catch (const base::Refusal& refusal) {
    faults_.push_back(refusal.diagnostics().front());
    return root;
  }
  if (!root.is_mapping()) return root;
  const auto include_key =
      std::ranges::find_if(root.entries, [](const Entry& entry) { return entry.key.text == "include"; });
  if (include_key == root.entries.end()) return root;
  const Node names = std::move(include_key->value);
  root.entries.erase(include_key);
  include(names, root.source->directory(), depth + 1, root);
  return root;
}

void Inclusion::include(const Node& names, const std::string& directory, std::size_t depth, Node& into) {
  if (names.is_scalar()) {
    include_name(names, directory, depth, into);
  } else if (names.is_sequence() && std::ranges::all_of(names.items, &Node::is_scalar)) {
    for (const Node& name : names.items) include_name(name, directory, depth, into);
  } else {
    fault(names, code::wrong_type, "'include' wants names of files, not " + description(names),
          "for example include: conf.d/*.yaml");
  }
}

void Inclusion::include_name(const Node& name, const std::string& directory, std::size_t depth, Node& into) {
  Parsed<std::string> expanded = expanded_text(name.text);
  if (const Misfit* misfit = std::get_if<Misfit>(&expanded))
    return fault(name, code::unset_variable, misfit->why, misfit->note);
  const std::string& written = std::get<std::string>(expanded);
  if (written.empty()) return fault(name, code::wrong_type, "'include' wants a name, not empty text", {});
  if (depth > Document::max_include_depth)
    return fault(name, code::too_large,
                 "files include each other more than " + std::to_string(Document::max_include_depth) + " levels deep",
                 {});
  const auto pattern = (fs::path(directory) / written).lexically_normal().string();
  for (const std::string& path : Snapshot::names(pattern, [&] { return matching(name, pattern); })) {
    const std::string here = identity(path);
    const auto known = std::ranges::find_if(files_, [&](const File& one) { return identity(one.path) == here; });
    if (known == files_.end()) {
      join(into, loaded({path, name.position()}, depth));
    } else if (known->origin.line == 0) {
      fault(name, code::twice, "'" + path + "' includes itself", "put what is included into a folder of its own");
    } else {
      faults_.push_back(diagnostic_at(name, code::twice, "'" + path + "' is included twice",
                                      {.note = first_at(known->origin, name), .help = {}}));
    }
  }
}

// Absolute paths, in lexical order. What does not fit is reported.
std::vector<std::string> Inclusion::matching(const Node& name, const std::string& pattern) {
  struct stat status {};
  if (!is_glob(pattern)) {
    if (::stat(pattern.c_str(), &status) != 0)
      fault(name, code::unreadable, "'" + pattern + "' cannot be included: it is not there",
            "make the file, or name a glob, which may match nothing: conf.d/*.yaml");
    else if (S_ISDIR(status.st_mode))
      fault(name, code::unreadable, "'" + pattern + "' is a directory", "write " + name.text + "/*.yaml");
    else
      return {pattern};
    return {};
  }
  std::vector<std::string> paths;
  ::glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  const std::string folder = fs::path(pattern).parent_path().string();
  if (!is_glob(folder) && ::stat(folder.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
    fault(name, code::untrusted_file, "everybody may put files into '" + folder + "'", "chmod o-w " + folder);
    return {};
  }
  return paths;
}

void Inclusion::join(Node& into, Node from) {
  if (from.kind == Node::Kind::null) return;  // nothing but comments, or reported
  if (!from.is_mapping())
    return fault(from, code::wrong_type, "an included file wants a mapping, not " + description(from),
                 "its keys are those of a configuration: listeners, pipelines, sites, …");
  for (Entry& entry : from.entries) {
    if (entry.key.text == "version" && entry.value.text == "1") continue;
    const auto known =
        std::ranges::find_if(into.entries, [&](const Entry& one) { return one.key.text == entry.key.text; });
    if (known == into.entries.end())
      into.entries.push_back(std::move(entry));
    else
      join_key(*known, std::move(entry));
  }
}

void Inclusion::join_key(Entry& into, Entry from) {
  const auto twice = [&](const Node& first, const Node& second, const std::string& what) {
    faults_.push_back(diagnostic_at(second, code::twice, what + " stands in two files",
                                    {.note = first_at(first.position(), second), .help = "remove one of them"}));
  };
  const std::string& key = from.key.text;
  if (key == "sites" && into.value.is_sequence() && from.value.is_sequence()) {
    std::ranges::move(from.value.items, std::back_inserter(into.value.items));
  } else if (key != "version" && into.value.is_mapping() && from.value.is_mapping()) {
    for (Entry& entry : from.value.entries) {
      if (const Entry* known = into.value.find(entry.key.text))
        twice(known->key, entry.key, "'" + entry.key.text + "' of '" + key + "'");
      else
        into.value.entries.push_back(std::move(entry));
    }
  } else {
    twice(into.key, from.key, "'" + key + "'");
  }
}

}  // namespace kirsch::config
