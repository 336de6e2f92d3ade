// What SDK 1.0 has promised to modules: abidiff compares the contract of then with the one of now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "support/frozen_sdk.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// How the types of a page are found in its text, and those of them that may get fields at their end.
struct Language {
  std::string compiler, standard;
  std::string qualifier;  // in front of names
  std::regex types, sized;
};
const Language in_c{"gcc", "-std=c11", "", std::regex(R"(\n\} (kirsch_\w+);)"),
                    std::regex(R"(\ntypedef struct (kirsch_\w+) \{\n  uint32_t size;)")};
const Language in_cpp{"g++", "-std=c++20", "kirsch::", std::regex(R"(\nstruct (\w+) \{)"),
                      std::regex(R"(\nstruct (\w+) \{\n(?:  static constexpr [^\n]*\n)*  std::uint32_t size;)")};

std::vector<std::string> names(const std::string& text, const std::regex& pattern) {
  const auto contract = text.substr(0, std::min(text.find("\n// ---- For "), text.find("\nnamespace detail {")));
  std::vector<std::string> all;
  for (std::sregex_iterator found(contract.begin(), contract.end(), pattern), end; found != end; ++found)
    all.push_back((*found)[1]);
  return all;
}

// True for a paragraph of abidiff that tells of nothing but fields behind the end of one of those structs.
bool is_growth(const std::string& paragraph, const std::set<std::string>& growing) {
  static const std::regex growth(
      "'struct ([\\w:]+) at [^']*' changed:\n  type size changed from (\\d+) to \\d+ \\(in bits\\)\n"
      "  \\d+ data member insertions?:((?:\n    '[^\n]*', at offset \\d+ \\(in bits\\) at [^\n]*)+)");
  static const std::regex place(R"(', at offset (\d+) \(in bits\) at )");
  std::smatch said;
  if (!std::regex_match(paragraph, said, growth) || !growing.contains(said[1])) return false;
  const auto end = std::stoul(said[2]);
  const std::string fields = said[3];
  for (std::sregex_iterator field(fields.begin(), fields.end(), place), none; field != none; ++field)
    if (std::stoul((*field)[1]) < end) return false;
  return true;
}

// The contract of SDK 1.0 beside another one.
class Growth : public ::testing::Test {
 protected:
  // What `sdk` has done to types of these pages of 1.0 that modules built with it cannot bear; empty: nothing.
  std::string harm(const Language& language, const std::vector<std::string>& pages,
                   const std::filesystem::path& sdk) const {
    std::string uses;
    std::set<std::string> growing;
    for (const auto& page : pages) {
      uses += "#include <kirsch/" + page + ".h>\n";
      const auto text = contents_of(frozen_.folder() / "kirsch" / (page + ".h"));
      for (const auto& name : names(text, language.types)) {
        const auto function = language.qualifier + name + "* use_" + name + "(" + language.qualifier + name + "* it)";
        uses += function + ";\n" + function + " { return it; }\n";
      }
      for (const auto& name : names(text, language.sized)) growing.insert(language.qualifier + name);
    }
    EXPECT_THAT(growing, Not(IsEmpty()));
    const auto source = work_.write(language.qualifier.empty() ? "uses.c" : "uses.cpp", uses);
    const auto object = [&](const std::filesystem::path& folder, const std::string& name) {
      const auto made = (work_.path() / name).string();
      const auto result = compile(language.compiler, {language.standard, "-g", "-shared", "-fPIC",
                                                      "-I" + folder.string(), source.string(), "-o", made});
      EXPECT_TRUE(result.done) << result.messages;
      return made;
    };
    const auto report = compile("abidiff", {"--leaf-changes-only", "--no-added-syms",
                                            object(frozen_.folder(), "then.so"), object(sdk, "now.so")});
    EXPECT_TRUE(report.done || !report.messages.empty()) << "abidiff says nothing";
    std::string left;
    for (auto rest = report.messages + "\n\n"; !rest.empty();) {
      const auto paragraph = rest.substr(0, rest.find("\n\n"));
      rest.erase(0, rest.find_first_not_of('\n', paragraph.size()));
      if (!paragraph.empty() && !paragraph.starts_with("Leaf changes summary: ") && !is_growth(paragraph, growing))
        left += paragraph + "\n";
    }
    return left;
  }

  // The same for the C page of 1.0 with each pair's first replaced by its second.
  std::string harm_of(const std::vector<std::pair<std::string, std::string>>& changes) const {
    auto text = contents_of(frozen_.folder() / "kirsch/abi.h");
    for (const auto& [from, to] : changes) {
      const auto at = text.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      text.replace(at, from.size(), to);
    }
    work_.write("changed/kirsch/abi.h", text);
    return harm(in_c, {"abi"}, work_.path() / "changed");
  }

  const FrozenSdk frozen_;
  const TemporaryFolder work_;
};

TEST_F(Growth, of_the_contract_in_c_harms_nothing_that_was_built_for_1_0) {
  EXPECT_EQ(harm(in_c, {"abi"}, sdk_folder()), "");
}

TEST_F(Growth, of_services_harms_nothing_that_was_built_for_1_0) {
  EXPECT_EQ(harm(in_cpp, {"rooms", "session_storage", "websocket_application"}, sdk_folder()), "");
}

TEST_F(Growth, is_fields_at_the_end_of_structs_with_a_size_and_further_values) {
  EXPECT_EQ(harm_of({{"} kirsch_outcome;", "uint64_t one; uint64_t two;\n} kirsch_outcome;"},
                     {"} kirsch_provided;", "void (*added)(void*);\n} kirsch_provided;"}}),
            "");
  EXPECT_EQ(harm_of({{"KIRSCH_METHOD_TRACE = 9", "KIRSCH_METHOD_TRACE = 9, KIRSCH_METHOD_QUERY = 10"}}), "");
}

TEST_F(Growth, is_nothing_else) {
  EXPECT_THAT(harm_of({{"uint64_t body_sent;", "uint64_t added; uint64_t body_sent;"}}), HasSubstr("'uint64_t added'"));
  EXPECT_THAT(harm_of({{"} kirsch_pair;", "uint64_t added;\n} kirsch_pair;"}}), HasSubstr("struct kirsch_pair"));
  EXPECT_THAT(harm_of({{"(*status)(kirsch_exchange*)", "(*status)(kirsch_exchange*, int32_t)"},
                       {"} kirsch_exchange_functions;", "void (*added)(void*);\n} kirsch_exchange_functions;"}}),
              HasSubstr("kirsch_exchange_functions::status"));
  EXPECT_THAT(harm_of({{"  uint8_t (*error_page)(kirsch_exchange*);\n", ""}}), HasSubstr("error_page"));
  EXPECT_THAT(harm_of({{"KIRSCH_FLOW_FAIL = 3", "KIRSCH_FLOW_FAIL = 4"}}), HasSubstr("KIRSCH_FLOW_FAIL"));
}

}  // namespace
}  // namespace kirsch::test
