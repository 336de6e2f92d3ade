// What a server that is being developed reads: module.yaml beside what `kirsch module dev` adds; or, while the module
// does not build, a page that says why. Only here, so no server in production has it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace kirsch::command {

class DevFiles {
 public:
  // In `folder`, which is made, and is this object's alone. `served` is the configuration of the module, `plugins` are
  // folders. Throws base::Refusal where another process has the folder.
  DevFiles(std::filesystem::path folder, std::filesystem::path served, std::vector<std::string> plugins);

  std::filesystem::path configuration() const { return folder_ / "kirsch.yaml"; }
  std::filesystem::path control() const { return folder_ / "control"; }

  // The configuration from here on, with a listener on that port; 0: one that the kernel chooses.
  void serve(unsigned port) const;
  // Every URL answers with the page, which looks whether there is another answer and then shows that.
  void show_page(unsigned port, const std::string& title, std::string_view text) const;

 private:
  std::filesystem::path folder_, served_;
  base::UniqueFd lock_;
  std::vector<std::string> plugins_;
};

}  // namespace kirsch::command
