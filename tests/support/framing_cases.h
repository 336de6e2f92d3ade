// The cases of framing/*.txt: what a client sends, byte by byte, and what the server must make of it. The notation is
// described in framing/README.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kirsch::test {

struct FramingAnswer {
  int status = 0;
  bool without_body = false;         // to HEAD: its fields speak of a body that does not come
  std::vector<std::string> reports;  // lines that the report of the request has
};

struct FramingCase {
  std::string name;
  std::string bytes;
  bool ends = false;  // the client closes its side behind them
  bool open = false;  // the server takes another request afterwards; else nothing that follows is executed
  std::vector<FramingAnswer> answers;
};

// Throws std::runtime_error with file and line for a text that is no case.
std::vector<FramingCase> framing_cases();

// The bytes that a text of this notation stands for.
std::string unescaped(std::string_view text);

}  // namespace kirsch::test
