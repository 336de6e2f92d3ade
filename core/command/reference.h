// What the command knows of itself, and what is made from it: completion for shells and the manual page.
#pragma once

#include <string>
#include <vector>

namespace kirsch::command {

struct OptionReference {
  std::string names;  // "-c,--config"; of a positional one: "NAME"
  std::string value;  // "FILE"; empty: a flag
  std::string help;
  bool positional = false;
};

struct VerbReference {
  std::string name;
  std::string help;
  std::vector<OptionReference> options;
  std::vector<VerbReference> verbs;
};

// Scripts for the shells; they call nothing.
std::string bash_completion(const VerbReference& command);
std::string zsh_completion(const VerbReference& command);
std::string fish_completion(const VerbReference& command);

// roff for section 8 of the manual.
std::string manual(const VerbReference& command, const std::string& version);

}  // namespace kirsch::command
