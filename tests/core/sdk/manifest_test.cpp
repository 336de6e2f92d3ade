// The manifest that the compiler writes into a module: complete, and the same from GCC and clang.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/compiler.h"

namespace kirsch::test {
namespace {

constexpr auto first_compiler = "g++";
constexpr auto second_compiler = "clang++-14";

std::string without_compiler(const std::string& manifest) {
  const auto at = manifest.find("\"compiler\":");
  const auto end = at == std::string::npos ? at : manifest.find("\",", at);
  return end == std::string::npos ? manifest : manifest.substr(0, at) + manifest.substr(end + 2);
}

class Manifest : public ::testing::Test {
 protected:
  // The module with every word, made as modules are made. Once for all that is asked of it: it takes seconds.
  std::filesystem::path module_from(const std::string& compiler) const {
    const auto object = folder_.path() / (compiler + ".so");
    std::vector<std::string> arguments{"-std=c++20",
                                       "-shared",
                                       "-fPIC",
                                       "-fvisibility=hidden",
                                       "-I" + sdk_folder().string(),
                                       "-Wl,--version-script=" + (sdk_folder() / "cmake/module.map").string(),
                                       (source_folder() / "tests/core/sdk/fixtures/everything.cpp").string(),
                                       "-o",
                                       object.string()};
    if (compiler == first_compiler) arguments.emplace_back("-fno-gnu-unique");
    const auto result = compile(compiler, arguments);
    EXPECT_TRUE(result.done) << result.messages;
    return object;
  }

  TemporaryFolder folder_;
};

void expect_everything_in(const std::string& text) {
  EXPECT_EQ(text.rfind(R"({"name":"everything","version":"1.2.3","summary":"every word","abi":[1,0],"phase":"early",)"
                       R"("requires":{"features":["kirsch/log/1"],"services":["test/other/1"]},"provides":[{)",
                       0),
            0u)
      << text;
  for (
      const std::string_view piece : {
          R"("kind":"tool","name":"everything","hooks":[{"point":"before_handler","class":"blocking","priority":50,"failsafe":false},{"point":"before_finalize","class":"inline","priority":60,"failsafe":false},{"point":"on_end_request","class":"inline","priority":50,"failsafe":true}])",
          R"({"name":"flag","help":"a \"quoted\" word and a \\ backslash","default":"false","type":"boolean"})",
          R"({"name":"small","help":"two bytes","default":"-3","type":"integer","minimum":-32768,"maximum":32767})",
          R"({"name":"large","help":"with a range","default":"7","minimum":-1,"maximum":1000,"type":"integer"})",
          R"({"name":"ratio","help":"a number","default":"0.5","type":"number"})",
          R"({"name":"text","help":"required and short","maximum_length":40,"type":"string"})",
          R"("type":"enumeration","names":["DENY","SAMEORIGIN"])",
          R"("default":"730d","type":"duration","unit_ns":1000000000)",
          R"("default":"150ms","type":"duration","unit_ns":1)",
          R"("default":"[true, false]","type":"list","element":{"type":"boolean"})",
          R"("type":"size")",
          R"("type":"path")",
          R"("type":"secret")",
          R"("type":"list","element":{"type":"cidr"})",
          R"("type":"map","element":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807})",
          R"("type":"map","element":{"type":"string"})",
          R"({"name":"inner","help":"a structure","default":"{}","type":"structure","options":[{"name":"deep","help":"a nested flag","default":"true","type":"boolean"},{"name":"names","help":"a nested list","default":"[a, b]","type":"list","element":{"type":"string"}}]})",
          R"({"name":"maybe","help":"a structure or off","default":"off","type":"structure","options":[)",
          R"(],"optional":true})",
          R"("type":"one_of","alternatives":[{"type":"boolean"},{"type":"string"}])",
          R"({"name":"store","help":"a provider","type":"provider","service":"test/store/1"})",
          R"({"kind":"handler","name":"answer","class":"async","streams_body":true,"options":[]})",
          R"({"kind":"plugin","name":"engine","channels":[{"channel":"start","priority":66},{"channel":"exit","priority":85}],"options":[]})",
          R"({"kind":"service","name":"memory","service":"test/store/1","options":[]})",
      }) {
    EXPECT_NE(text.find(piece), std::string::npos) << piece << "\nin\n" << text;
  }
}

void expect_no_symbol_but_the_entry_in(const std::filesystem::path& object) {
  const auto symbols = compile("nm", {"-D", "--defined-only", "--format=posix", object.string()});
  ASSERT_TRUE(symbols.done) << symbols.messages;
  EXPECT_EQ(std::count(symbols.messages.begin(), symbols.messages.end(), '\n'), 1) << symbols.messages;
  EXPECT_EQ(symbols.messages.rfind("kirsch_module ", 0), 0u) << symbols.messages;
}

TEST_F(Manifest, says_everything_that_is_declared_and_the_same_from_both_compilers_except_for_their_name) {
  const auto object = module_from(first_compiler);
  const auto first = manifest_of(object);
  EXPECT_NE(first.find("\"compiler\":\"GCC "), std::string::npos);
  expect_everything_in(without_compiler(first));
  expect_no_symbol_but_the_entry_in(object);
  if (!has_compiler(second_compiler)) GTEST_SKIP() << second_compiler << " is not installed";
  const auto second = manifest_of(module_from(second_compiler));
  EXPECT_NE(second.find("Clang 14"), std::string::npos);
  EXPECT_EQ(without_compiler(first), without_compiler(second));
}

}  // namespace
}  // namespace kirsch::test
