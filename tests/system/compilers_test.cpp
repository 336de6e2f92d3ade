// The promise of SDK 1.0: the same module, built with that SDK by each compiler and with each C++ library, loads in
// this server, all of them at once.
#include <gtest/gtest.h>

#include "support/client.h"
#include "support/frozen_sdk.h"

namespace kirsch::test {
namespace {

struct Compilation {
  std::string name;
  std::string compiler;
  std::string source;
  std::vector<std::string> arguments;
};

const std::vector<std::string> as_shared = {"-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs"};

std::vector<Compilation> compilations(const std::filesystem::path& sdk) {
  std::vector<Compilation> all{
      {"c", "gcc", "multiply.c", {"-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"}},
      {"gcc", "g++", "multiply.cpp", {"-std=c++20", "-fno-gnu-unique"}},
      {"gcc_static", "g++", "multiply.cpp", {"-std=c++20", "-fno-gnu-unique", "-static-libstdc++", "-static-libgcc"}},
      {"libcxx", "clang++-14", "multiply.cpp", {"-std=c++20", "-stdlib=libc++"}},
      {"libcxx_static", "clang++-14", "multiply.cpp", {"-std=c++20", "-stdlib=libc++", "-static-libstdc++"}}};
  for (auto& one : all) {
    one.arguments.insert(one.arguments.end(), as_shared.begin(), as_shared.end());
    one.arguments.insert(one.arguments.end(), {"-DNAME=\"" + one.name + "\"", "-I" + sdk.string(),
                                               "-Wl,--version-script=" + (sdk / "cmake/module.map").string()});
  }
  // Where it is installed: the contract is C, so whoever speaks C may be a module.
  if (has_compiler("rustc"))
    all.push_back({"rust", "rustc", "multiply.rs", {"--edition", "2021", "-O", "--crate-type", "cdylib"}});
  return all;
}

// All that they make, in the folder: their names.
std::vector<std::string> compiled_into(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  const FrozenSdk sdk;
  for (auto [name, compiler, source, arguments] : compilations(sdk.folder())) {
    arguments.insert(arguments.end(), {(source_folder() / "tests/system/compilers" / source).string(), "-o",
                                       (folder / (name + ".so")).string()});
    const auto result = compile(compiler, arguments);
    EXPECT_TRUE(result.done) << name << ": " << result.messages;
    names.push_back(name);
  }
  return names;
}

TEST(Compilers, make_modules_of_sdk_1_0_that_serve_side_by_side_and_keep_their_exceptions_to_themselves) {
  if (sanitized()) GTEST_SKIP() << "compilers make the same without them";
  const TemporaryFolder plugins;
  const auto names = compiled_into(plugins.path());
  std::string paths;
  for (const auto& name : names)
    paths += "  /" + name + ": { handler: { " + name + ": { factor: 3 } }, tools: { " + name + ": {} } }\n";
  const Server server(
      loopback("plugins: { path: [\"" + plugins.path().string() + "\"] }\nengine: {}\npaths:\n" + paths));
  for (const auto& name : names) {
    const auto answer = get(server, "/" + name + "?number=14");
    EXPECT_EQ(answer.body, "42\n") << name;
    EXPECT_EQ(answer.field("X-Marked-By"), name);
    EXPECT_EQ(get(server, "/" + name + "?number=one").status, 400) << name << " catches and throws";
    const auto failed = get(server, "/" + name + "?number=1001");
    EXPECT_EQ(failed.status, 500) << name;
    EXPECT_EQ(failed.field("X-Marked-By"), name) << "its tool still runs";
    server.wait_for_log(name + " cannot count so far");
  }
}

}  // namespace
}  // namespace kirsch::test
