// What the server says when options are refused while it starts.
#pragma once

#include <string>
#include <string_view>

namespace kirsch::test {

// Starts the server with one loopback listener and `yaml`; the test fails unless it ends with the code of a refused
// configuration (3). Returns all it has written.
std::string refusal(std::string_view yaml);

}  // namespace kirsch::test
