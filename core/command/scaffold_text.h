// What scaffold/*.in hold.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kirsch::command {

// Names and texts of a kind's files, both with $name, $type and $header in them.
std::vector<std::pair<std::string, std::string>> scaffold_of(const std::string& kind);

}  // namespace kirsch::command
