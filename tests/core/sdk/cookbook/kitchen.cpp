// Each YAML of the page becomes a file in a folder of its own, which kirsch.yaml includes.
#include "core/sdk/cookbook/kitchen.h"

#include <algorithm>
#include <mutex>

namespace kirsch::test {
namespace {

// More of the same, for tests that the page's sessions must not notice.
constexpr auto more = R"(
paths:
  /other/notes/: { handler: { notes: {} } }
  /other/notes/{id}: {}
  /other/poll: { handler: { poll: {} } }
  /other/impatient: { handler: { poll: { patience: 1ms } } }
  /other/failing: { handler: { respond: { status: 503 } }, tools: { durations: { name: failing } } }
)";

void run(const std::string& command, const std::filesystem::path& folder) {
  Process shell({"sh", "-e", "-c", command}, {.folder = folder, .environment = {}, .input = {}});
  if (shell.wait() != 0) throw std::runtime_error(command + ": " + shell.output().all);
}

// What the commands in front of the YAML make is there when the server starts.
class Kitchen {
 public:
  Kitchen() {
    std::string includes;
    for (const auto& recipe : recipes()) {
      folder_.write("recipes/" + recipe.name + "/kirsch.yaml", recipe.yaml());
      for (const auto& session : recipe.sessions(false))
        for (const auto& command : session) run(command.line, place(recipe.name));
    }
    server_.emplace(
        loopback("include: \"" + folder_.path().string() + "/recipes/*/kirsch.yaml\"\n" + plugins() + more));
    server_->wait_for_log("removed 1 files");  // by tidy, on a thread of its own
  }
  const Server& server() const { return *server_; }
  std::filesystem::path place(const std::string& recipe) const { return folder_.path() / "recipes" / recipe; }

 private:
  TemporaryFolder folder_;
  std::optional<Server> server_;
};

const Kitchen& the_kitchen() {
  static const Kitchen kitchen;
  return kitchen;
}

}  // namespace

std::string plugins() {
  const auto build = build_folder().string();
  return "plugins: { path: [\"" + build + "/plugins\", \"" + build + "/cookbook\"] }\n";
}

std::string Recipe::yaml() const {
  std::string all;
  for (const auto& block : blocks)
    if (block.language == "yaml") all += block.text;
  return all;
}

std::vector<std::vector<Recipe::Command>> Recipe::sessions(bool behind_yaml) const {
  std::vector<std::vector<Command>> found;
  bool behind = false;
  for (const auto& block : blocks) {
    behind = behind || block.language == "yaml";
    if (block.language != "console" || behind != behind_yaml) continue;
    auto& session = found.emplace_back();
    std::string_view rest = block.text;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n') + 1);
      rest.remove_prefix(line.size());
      if (line.starts_with("$ ")) {
        session.push_back({std::string(line.substr(2, line.size() - 3)), {}});
      } else {
        session.back().output += line;
      }
    }
  }
  return found;
}

std::vector<Recipe> recipes() {
  const auto page = contents_of(source_folder() / "core/sdk/cookbook/README.md");
  std::vector<Recipe> found;
  constexpr std::string_view heading = "\n## ";
  for (auto at = page.find(heading); at != page.npos;) {
    const auto next = page.find(heading, at + 1);
    const auto section = page.substr(at + heading.size(), next == page.npos ? next : next - at - heading.size());
    Recipe recipe{section.substr(0, section.find('\n')), blocks(section)};
    if (!recipe.yaml().empty()) found.push_back(std::move(recipe));
    at = next;
  }
  found.push_back({"greeter", blocks(contents_of(source_folder() / "core/sdk/tutorial.md"))});
  return found;
}

const Server& kitchen() { return the_kitchen().server(); }
std::filesystem::path place(const std::string& recipe) { return the_kitchen().place(recipe); }

bool fits(std::string_view text, std::string_view pattern) {
  constexpr std::string_view anything = "…";
  const auto wild = pattern.find(anything);
  if (wild == pattern.npos) return text == pattern;
  if (text.substr(0, wild) != pattern.substr(0, wild)) return false;
  pattern.remove_prefix(wild + anything.size());
  text.remove_prefix(wild);
  for (std::size_t skipped = 0; skipped <= text.size(); ++skipped)
    if (fits(text.substr(skipped), pattern)) return true;
  return false;
}

}  // namespace kirsch::test
