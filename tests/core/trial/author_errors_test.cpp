// What the server says of an author's mistakes is what core/sdk/ERRORS.md says that it says.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "support/build.h"
#include "support/folder.h"
#include "support/kirsch.h"
#include "support/server.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string mistake, code, message, help;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// Those of the tables that have a code.
std::vector<Row> rows() {
  std::vector<Row> found;
  std::istringstream page(contents_of(source_folder() / "core" / "sdk" / "ERRORS.md"));
  for (std::string line; std::getline(page, line);) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(trimmed(cell));
    if (cells.size() == 5 && cells[2] != "code" && cells[2] != "---")
      found.push_back({cells[1], cells[2], cells[3], cells[4]});
  }
  return found;
}

// Whether `text` is what `pattern` says, in which … stands for anything.
bool follows(const std::string& text, std::string pattern) {
  const std::string gap = "…";
  std::size_t at = 0;
  for (bool first = true;; first = false) {
    const auto next = pattern.find(gap);
    const auto piece = pattern.substr(0, next);
    const auto found = next == std::string::npos && !piece.empty() && !first ? text.rfind(piece) : text.find(piece, at);
    if (found == std::string::npos || found < at || (first && found != 0)) return false;
    at = found + piece.size();
    if (next == std::string::npos) return piece.empty() || at == text.size();
    pattern.erase(0, next + gap.size());
  }
}

struct Making {
  std::vector<std::string> modules;  // fixtures of the loader
  std::string tools;                 // of the configuration
  std::string handler = "respond: { body: here }";
};

const std::map<std::string, Making> makings = {
    {"no module", {{"plain"}, "plain: {}"}},
    {"a manifest written by hand", {{"faulty_manifest"}, "hooked: {}"}},
    {"another ABI", {{"other_abi"}, "chat: {}"}},
    {"a missing feature", {{"missing_feature"}, "missing_feature: {}"}},
    {"a missing service", {{"consumer"}, "consumer: {}"}},
    {"a duplicate name", {{"good", "twin"}, "good: {}"}},
    {"a crash in a constructor", {{"crashing"}, "crashing: {}"}},
    {"an exception in a constructor", {{"throwing"}, "throwing: {}"}},
    {"a thread of a constructor", {{"threaded"}, "threaded: {}"}},
    {"an undefined symbol", {{"undefined_symbol"}, "undefined_symbol: {}"}},
    {"a hidden `kirsch_module`", {{"without_struct"}, "without_struct: {}"}},
    {"parts of two builds", {{"lacking_hook"}, "lacking_hook: {}"}},
    {"an exception in `init`", {{"throwing_init"}, "throwing_init: {}"}},
    {"an exception at start", {{"throwing_create"}, "throwing_create: {}"}},
    {"an option that is refused (`OptionError`)", {{}, "", "respond: { type: \"a\\nb\" }"}},
    {"a misspelt name", {{}, "secureheader: {}"}},
    {"a misspelt option", {{}, "response_headers: { sett: {} }"}},
    {"a missing option", {{}, "", "redirect: {}"}},
    {"a wrong option type", {{}, "", "respond: { status: high }"}},
};

struct Said {
  std::string message, help;
};

// The first error of a server that starts so.
Said said(const Making& making, const std::string& code) {
  const TemporaryFolder folder;
  const auto plugins = folder.path() / "plugins", state = folder.path() / "state";
  fs::create_directories(plugins);
  fs::create_directories(state);
  for (const auto& name : making.modules)
    fs::copy_file(build_folder() / "fixtures" / "loader" / (name + ".so"), plugins / (name + ".so"));
  const auto yaml =
      folder.write("kirsch.yaml", loopback("plugins: { path: [\"" + plugins.string() + "\", \"" +
                                           (build_folder() / "plugins").string() + "\"] }\ntools: { " + making.tools +
                                           " }\npaths: { /: { handler: { " + making.handler + " } } }\n"));
  const auto result = run_kirsch({"run", "-c", yaml.string()}, {}, {{"STATE_DIRECTORY", state.string()}});
  Said said;
  std::istringstream lines(result.err);
  const std::string error = "error[" + code + "]: ", help = "help: ", where = "modules: ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(error) && said.message.empty()) said.message = line.substr(error.size());
    if (line.starts_with(help) && said.help.empty()) said.help = line.substr(help.size());
  }
  if (said.message.starts_with(where)) said.message.erase(0, where.size());  // the step of the start
  return said;
}

TEST(AuthorErrors, are_said_as_their_page_shows) {
  std::set<std::string> seen;
  for (const auto& row : rows()) {
    const auto making = makings.find(row.mistake);
    ASSERT_NE(making, makings.end()) << "nobody makes this mistake here: " << row.mistake;
    const auto actual = said(making->second, row.code);
    EXPECT_TRUE(follows(actual.message, row.message)) << row.mistake << ":\n" << actual.message << '\n' << row.message;
    EXPECT_TRUE(follows(actual.help, row.help)) << row.mistake << ":\n" << actual.help << '\n' << row.help;
    seen.insert(row.mistake);
  }
  EXPECT_EQ(seen.size(), makings.size()) << "each has its row";
}

}  // namespace
}  // namespace kirsch::test
