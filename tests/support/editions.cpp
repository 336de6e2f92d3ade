// mv, not cp: what is replaced is never half written.
#include "support/editions.h"

#include <fstream>

namespace kirsch::test {

namespace fs = std::filesystem;

fs::path edition(const std::string& version) { return build_folder() / "editions" / ("edition_" + version + ".so"); }

Editions::Editions(const std::string& yaml, const std::string& reload) : reload_(reload) {
  install("one");
  server_.emplace(whole(yaml));
}

std::string Editions::whole(const std::string& yaml) const {
  const auto build = build_folder().string();
  return yaml + "plugins: { path: [\"" + build + "/plugins\", \"" + build + "/fixtures\", \"" + plugins().string() +
         "\"], reload: " + reload_ + " }\n";
}

void Editions::install(const std::string& version) const {
  const auto beside = plugins() / "next";
  fs::copy_file(edition(version), beside, fs::copy_options::overwrite_existing);
  fs::rename(beside, module());
}

void Editions::wait_for_end_of(int generation) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto shown = "generation " + std::to_string(generation) + ',';
  for (;;) {
    const auto status = command(*server_, "status").out;
    if (status.find("generation ") != std::string::npos && status.find(shown) == std::string::npos) return;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it is still in use:\n" + status);
  }
}

void Editions::write(const std::string& yaml) const {
  const auto beside = server_->folder() / "next.yaml";
  std::ofstream(beside) << completed(whole(yaml));
  fs::rename(beside, server_->folder() / "kirsch.yaml");
}

}  // namespace kirsch::test
