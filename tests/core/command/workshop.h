// A folder in which modules are made, with the verbs of the command as processes in it.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <memory>

#include "support/folder.h"
#include "support/kirsch.h"

namespace kirsch::test {

// Of this process and what it starts, for a while.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

class Workshop {
 public:
  // In the folder `where` of the workshop. Precompiled headers are kept for all tests of this build.
  std::unique_ptr<Process> start(const std::string& where, const std::vector<std::string>& arguments,
                                 std::map<std::string, std::string> environment = {}) const {
    std::vector<std::string> whole{kirsch_program().string()};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    environment.emplace("XDG_CACHE_HOME", (build_folder() / "cache").string());
    return std::make_unique<Process>(
        whole, ProcessOptions{.folder = folder_.path() / where, .environment = environment, .input = {}});
  }
  Result run(const std::string& where, const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment = {}) const {
    const auto process = start(where, arguments, environment);
    const int code = process->wait(std::chrono::seconds(120));
    const auto output = process->output();
    return {code, output.out, output.errors};
  }

  std::filesystem::path operator/(const std::string& relative) const { return folder_.path() / relative; }
  // In the file: the first `from` becomes `to`. Written beside it and moved, as editors do.
  void edit(const std::string& relative, const std::string& from, const std::string& to) const {
    auto text = contents_of(folder_.path() / relative);
    text.replace(text.find(from), from.size(), to);
    const auto draft = folder_.write(relative + "~", text);
    std::filesystem::rename(draft, folder_.path() / relative);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace kirsch::test
