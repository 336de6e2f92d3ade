// The command `kirsch`, run to its end.
#pragma once

#include "support/process.h"

namespace kirsch::test {

struct Result {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// arguments without the name of the program. Throws std::runtime_error when it does not end in time.
Result run_kirsch(const std::vector<std::string>& arguments, const std::string& input = {},
                  const std::map<std::string, std::string>& environment = {});

std::filesystem::path kirsch_program();

}  // namespace kirsch::test
