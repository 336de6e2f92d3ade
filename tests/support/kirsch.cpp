// Runs the command of this build.
#include "support/kirsch.h"

#include "support/folder.h"

namespace kirsch::test {

std::filesystem::path kirsch_program() { return build_folder() / "bin" / "kirsch"; }

Result run_kirsch(const std::vector<std::string>& arguments, const std::string& input,
                  const std::map<std::string, std::string>& environment) {
  std::vector<std::string> whole{kirsch_program().string()};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  Process process(whole, {.folder = {}, .environment = environment, .input = input});
  const int code = process.wait();
  const auto output = process.output();
  return {code, output.out, output.errors};
}

}  // namespace kirsch::test
