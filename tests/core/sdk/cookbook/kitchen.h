// The recipes of the cookbook, as its page shows them, and one server that runs them all.
#pragma once

#include <gtest/gtest.h>

#include "support/client.h"
#include "support/markdown.h"

namespace kirsch::test {

struct Recipe {
  std::string name;
  std::vector<Block> blocks;

  std::string yaml() const;
  // The shell commands before or behind the YAML, each with what it prints.
  struct Command {
    std::string line;
    std::string output;  // … stands for anything
  };
  std::vector<std::vector<Command>> sessions(bool behind_yaml) const;
};

std::vector<Recipe> recipes();  // the sections of the page that have YAML, and the tutorial

std::string plugins();  // the part of a configuration that finds their modules

// Every recipe in one process. The folders of its files are `recipes/NAME`.
const Server& kitchen();
std::filesystem::path place(const std::string& recipe);  // where its YAML lies

// True if `text` is `pattern`, in which … stands for anything.
bool fits(std::string_view text, std::string_view pattern);

}  // namespace kirsch::test
