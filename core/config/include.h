// Several files as one document: what the key `include` of a file's root names is laid beside what stands there.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/document.h"

namespace kirsch::config {

// An included file is a configuration of its own kind: any top key, `version` may be left out. Mappings (listeners,
// pipelines, engine, …) are joined by name, lists of sites one behind the other; a name that stands in two files is an
// error that shows both places. Names are paths or globs, relative to the file they stand in; a path must be there, a
// glob may match nothing. Each file is included once.
class Inclusion {
 public:
  // `path` absolute. Throws base::Refusal with the first error of each file that is none, or with what does not fit.
  Document document(const std::string& path);

 private:
  struct File {
    std::string path;
    base::Position origin;  // of its name in `include`
  };

  Node loaded(const File& file, std::size_t depth);
  void include(const Node& names, const std::string& directory, std::size_t depth, Node& into);
  void include_name(const Node& name, const std::string& directory, std::size_t depth, Node& into);
  std::vector<std::string> matching(const Node& name, const std::string& pattern);
  void join(Node& into, Node from);
  void join_key(Entry& into, Entry from);
  void fault(const Node& at, const char* code, std::string message, std::string help);

  std::vector<std::unique_ptr<const Source>> sources_;
  std::vector<File> files_;  // all that were begun
  std::vector<base::Diagnostic> faults_;
};

}  // namespace kirsch::config
