// `kirsch module new` and `build`: what is made can be built at once, and nothing is made of what cannot be.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>

#include "workshop.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t lines_of_code(const fs::path& file) {
  std::ifstream stream(file);
  std::size_t count = 0;
  for (std::string line; std::getline(stream, line);) {
    const auto start = line.find_first_not_of(' ');
    count += start != std::string::npos && line.compare(start, 2, "//") != 0 ? 1 : 0;
  }
  return count;
}

TEST(ModuleNew, MakesEachKindSmallAndReadyToBuild) {
  const Workshop workshop;
  for (const auto& [kind, provides] : {std::pair<std::string, std::string>{"handler", "handler my_handler"},
                                       {"tool", "tool my_tool"},
                                       {"plugin", "plugin my_plugin"},
                                       {"websocket", "service my_websocket"},
                                       {"storage", "service my_storage"}}) {
    const auto name = "my_" + kind;
    const auto made = workshop.run(".", {"module", "new", name, "--" + kind});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_THAT(made.out, AllOf(StartsWith("Made:\n"), HasSubstr("  " + name + "/module.yaml\n"),
                                HasSubstr("\nNext: cd " + name + " && kirsch module dev\n")));
    EXPECT_LE(lines_of_code(workshop / (name + "/" + name + ".cpp")), 20u) << kind;
    const auto tested = workshop.run(".", {"module", "test", name});
    EXPECT_EQ(tested.exit_code, 0) << tested.out << tested.err;
    EXPECT_THAT(tested.out, HasSubstr("[  PASSED  ]"));
    EXPECT_EQ(tested.err, "") << "what is new gives no warnings";
    fs::remove_all(workshop / (name + "/build"));
    const auto built = workshop.run(name, {"module", "build"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
    EXPECT_EQ(built.err, "") << "what is new gives no warnings";
    EXPECT_THAT(built.out, MatchesRegex("build/plugins/" + name + "\\.so: built in [0-9]+\\.[0-9] s\n"));
    const auto listed = workshop.run(name, {"module", "list", "--path", "build/plugins"});
    EXPECT_THAT(listed.out, HasSubstr(provides));
  }
}

TEST(ModuleNew, RefusesNamesThatAreNoneOrTakenAndMakesNothing) {
  const Workshop workshop;
  fs::create_directory(workshop / "there");
  for (const auto& [name, sentence] : {std::pair<std::string, std::string>{"Hello", "up to 40 lower-case letters"},
                                       {"my-tool", "words joined by _"},
                                       {"9lives", "cannot be the name"},
                                       {"a__b", "cannot be the name"},
                                       {"../escape", "cannot be the name"},
                                       {std::string(41, 'n'), "up to 40"},
                                       {"use", "a meaning of its own"},
                                       {"null", "a meaning of its own"},
                                       {"respond", "plugins/respond.so provides it"},
                                       {"memory", "plugins/session_memory.so provides it"},
                                       {"there", "'there' is there already"}}) {
    const auto refused = workshop.run(".", {"module", "new", name});
    EXPECT_EQ(refused.exit_code, 2) << name;
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, AllOf(StartsWith("error[P030]: "), HasSubstr(sentence)));
  }
  EXPECT_EQ(workshop.run(".", {"module", "new", "one", "--tool", "--plugin"}).exit_code, 2);
  EXPECT_EQ(workshop.run(".", {"module", "new"}).exit_code, 2);
  const auto entries = std::distance(fs::directory_iterator(workshop / "."), fs::directory_iterator());
  EXPECT_EQ(entries, 1);
}

TEST(ModuleNew, IsInTheManualAndInCompletionWithItsKinds) {
  const Workshop workshop;
  const auto manual = workshop.run(".", {"man"}).out;
  const auto completion = workshop.run(".", {"completion", "bash"}).out;
  EXPECT_THAT(completion, HasSubstr("'module') words='list info check new build test dev "));
  EXPECT_THAT(completion, HasSubstr("'module new') words='"));
  EXPECT_THAT(completion, HasSubstr(" --handler --tool --plugin --websocket --storage'"));
  EXPECT_THAT(completion, HasSubstr(" --asan --port'"));
  for (const std::string name : {"handler", "tool", "plugin", "websocket", "storage", "asan"})
    EXPECT_THAT(manual, HasSubstr("\\-\\-" + name)) << name;
}

TEST(ModuleBuild, BuildsWhatHasChangedAndShowsErrorsAsTheyAre) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  ASSERT_EQ(workshop.run("greeter", {"module", "build"}).exit_code, 0);
  EXPECT_THAT(workshop.run("greeter", {"module", "build"}).out, HasSubstr(": up to date\n"));
  const auto good = contents_of(workshop / "greeter/build/plugins/greeter.so");

  workshop.edit("greeter/greeter.cpp", "exchange.response()", "exchange.respond()");
  const auto failed = workshop.run("greeter", {"module", "build"});
  EXPECT_EQ(failed.exit_code, 4);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, HasSubstr("greeter.cpp:11:14: error: "));
  EXPECT_EQ(contents_of(workshop / "greeter/build/plugins/greeter.so"), good) << "the one of before stays";

  workshop.edit("greeter/greeter.cpp", "exchange.respond()", "exchange.response()");
  EXPECT_EQ(workshop.run("greeter", {"module", "build"}).exit_code, 0);
}

// A compiler that goes on when its kirsch has been killed, and is done a second after the next edit.
TEST(ModuleBuild, TakesNothingOfABuildThatWasKilled) {
  const Workshop workshop;
  for (const auto* pipe : {"compiled", "go", "done"}) ASSERT_EQ(::mkfifo((workshop / pipe).c_str(), 0600), 0);
  const auto here = (workshop / ".").string();
  std::ofstream(workshop / "compiler") << "#!/bin/sh\ncase \"$*\" in *' -c '*) ;; *) exec g++ \"$@\";; esac\n"
                                       << "[ -e " << here << "/slow ] || exec g++ \"$@\"\n"
                                       << "g++ \"$@\"\necho > " << here << "/compiled\nread word < " << here << "/go\n"
                                       << "for object; do :; done\ntouch -d '1 second' \"$object\"\necho > " << here
                                       << "/done\n";
  fs::permissions(workshop / "compiler", fs::perms::owner_all);
  const std::map<std::string, std::string> with{{"CXX", (workshop / "compiler").string()}};
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  workshop.edit("greeter/greeter.cpp", "\"!\\n\"", "\" VERSION-1\\n\"");
  ASSERT_EQ(workshop.run("greeter", {"module", "build"}, with).exit_code, 0);
  ASSERT_THAT(contents_of(workshop / "greeter/build/plugins/greeter.so"), HasSubstr("VERSION-1"));

  workshop.edit("greeter/greeter.cpp", "VERSION-1", "VERSION-2");
  std::ofstream(workshop / "slow") << "";
  const auto killed = workshop.start("greeter", {"module", "build"}, with);
  contents_of(workshop / "compiled");
  killed->signal(SIGTERM);
  EXPECT_EQ(killed->wait(), 128 + SIGTERM);
  workshop.edit("greeter/greeter.cpp", "VERSION-2", "VERSION-3");
  std::ofstream(workshop / "go") << "on\n";
  contents_of(workshop / "done");
  fs::remove(workshop / "slow");

  const auto built = workshop.run("greeter", {"module", "build"}, with);
  EXPECT_EQ(built.exit_code, 0) << built.err;
  EXPECT_THAT(contents_of(workshop / "greeter/build/plugins/greeter.so"), HasSubstr("VERSION-3"));
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(workshop / "greeter/build/objects"))
    left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"greeter.cpp.o", "greeter.cpp.o.command", "greeter.cpp.o.d", "greeter.so",
                                         "greeter.so.command"}));
}

// A server loads nothing from where others than the owner may write.
TEST(ModuleBuild, MakesFoldersInWhichOnlyTheirOwnerMayWrite) {
  const Workshop workshop;
  const Umask shared(0002);
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  fs::create_directory(workshop / "greeter/build");
  ASSERT_EQ(workshop.run("greeter", {"module", "build"}).exit_code, 0);
  const auto writable = [&](const std::string& folder) {
    const auto others = fs::perms::group_write | fs::perms::others_write;
    return (fs::status(workshop / folder).permissions() & others) != fs::perms::none;
  };
  EXPECT_TRUE(writable("greeter/build")) << "it was there";
  for (const auto* folder : {"greeter", "greeter/build/plugins", "greeter/build/objects", "greeter/build/tests"})
    EXPECT_FALSE(writable(folder)) << folder;
}

TEST(ModuleBuild, FindsWhatHasNotChangedInAFolderWithADollar) {
  const Workshop workshop;
  fs::create_directory(workshop / "${HOME}");
  ASSERT_EQ(workshop.run("${HOME}", {"module", "new", "greeter"}).exit_code, 0);
  fs::last_write_time(workshop / "${HOME}/greeter/greeter.cpp", fs::file_time_type::clock::now() - 1h);
  ASSERT_EQ(workshop.run("${HOME}/greeter", {"module", "build"}).exit_code, 0);
  EXPECT_THAT(workshop.run("${HOME}/greeter", {"module", "build"}).out, HasSubstr(": up to date\n"));
}

TEST(ModuleBuild, CompilesAllSourcesThatCMakeIsTold) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "pair"}).exit_code, 0);
  workshop.edit("pair/CMakeLists.txt", "SOURCES pair.cpp", "# both\n  SOURCES pair.cpp parts/word.cpp");
  fs::create_directory(workshop / "pair/parts");
  std::ofstream(workshop / "pair/parts/word.h") << "#include <kirsch/module.h>\nconst char* word();\n";  // once more
  std::ofstream(workshop / "pair/parts/word.cpp") << "#include \"word.h\"\nconst char* word() { return \"one\"; }\n";
  workshop.edit("pair/pair.cpp", "#include <kirsch/module.h>",
                "#include <kirsch/module.h>\n\n#include \"parts/word.h\"");
  workshop.edit("pair/pair.cpp", "greeting + ", "greeting + word() + ");
  const auto built = workshop.run("pair", {"module", "build"});
  ASSERT_EQ(built.exit_code, 0) << built.err;
  std::ofstream(workshop / "pair/parts/word.h") << "#error changed\n";
  EXPECT_THAT(workshop.run("pair", {"module", "build"}).err, HasSubstr("#error changed"));
}

TEST(ModuleBuild, RefusesWhatIsNoProjectAndWhatOnlyCMakeFinds) {
  const Workshop workshop;
  const auto refused = [&](const std::string& text) {
    std::ofstream(workshop / "CMakeLists.txt") << text;
    const auto result = workshop.run(".", {"module", "build"});
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_THAT(workshop.run(".", {"module", "build"}).err, HasSubstr("kirsch module new NAME makes one"));
  EXPECT_THAT(refused("project(other CXX)\n# kirsch_add_module(no)\n"), HasSubstr("has no kirsch_add_module"));
  EXPECT_THAT(refused("kirsch_add_module(a)\nkirsch_add_module(b)\n"), HasSubstr("several modules"));
  EXPECT_THAT(refused("kirsch_add_module(a SOURCES ${files})\n"),
              HasSubstr("only CMake can find the sources ${files}"));
  EXPECT_THAT(refused("kirsch_add_module(a PACKAGES ZLIB::ZLIB)\n"),
              AllOf(HasSubstr("only CMake can find the package ZLIB::ZLIB"), HasSubstr("LDLIBS=")));
  std::ofstream(workshop / "CMakeLists.txt") << "kirsch_add_module(a)\n";
  const auto without = workshop.run(".", {"module", "build"}, {{"CXX", "no-such-compiler"}});
  EXPECT_THAT(without.err, HasSubstr("the compiler of CXX does not answer: no-such-compiler"));
}

TEST(ModuleTest, ShowsWhatFailsAndBuildsWhatHasChanged) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  ASSERT_EQ(workshop.run("greeter", {"module", "test"}).exit_code, 0);
  workshop.edit("greeter/greeter.cpp", "\"!\\n\"", "\"?\\n\"");
  const auto failed = workshop.run("greeter", {"module", "test"});
  EXPECT_EQ(failed.exit_code, 4);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("greeter_test.cpp:6: Failure"), HasSubstr("Which is: \"Hi, Ada?\\n\"")));
  workshop.edit("greeter/greeter_test.cpp", "EXPECT_EQ", "__builtin_trap();\n  EXPECT_EQ");
  const auto died = workshop.run("greeter", {"module", "test"});
  EXPECT_EQ(died.exit_code, 4);
  EXPECT_THAT(died.err, HasSubstr("the program of the tests was ended by signal "));
  workshop.edit("greeter/greeter_test.cpp", "__builtin_trap();", "__builtin_rap();");
  const auto broken = workshop.run("greeter", {"module", "test"});
  EXPECT_EQ(broken.exit_code, 4);
  EXPECT_THAT(broken.err, HasSubstr("greeter_test.cpp:6:3: error: "));
}

TEST(ModuleTest, SaysWhatIsMissing) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  std::ofstream(workshop / "compiler") << "#!/bin/sh\ncase \"$*\" in *-print-file-name=libgtest*) echo libgtest.a;; "
                                          "*) exec g++ \"$@\";; esac\n";
  fs::permissions(workshop / "compiler", fs::perms::owner_all);
  const std::map<std::string, std::string> without{{"CXX", (workshop / "compiler").string()}};
  const auto refused = workshop.run("greeter", {"module", "test"}, without);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("GoogleTest is not there"), HasSubstr("install the package libgtest-dev")));
  EXPECT_EQ(workshop.run("greeter", {"module", "build"}, without).exit_code, 0) << "nobody needs it to build";
  workshop.edit("greeter/CMakeLists.txt", " TESTS greeter_test.cpp", "");
  EXPECT_THAT(workshop.run("greeter", {"module", "test"}).err,
              AllOf(HasSubstr("greeter has no tests"), HasSubstr("TESTS greeter_test.cpp")));
}

TEST(ModuleBuild, SweepsHeadersThatNobodyWillUse) {
  const Workshop workshop;
  const auto cache = workshop / "cache";
  const std::map<std::string, std::string> here{{"XDG_CACHE_HOME", cache.string()}};
  const auto folders = [&] {
    std::set<fs::path> found;
    for (const auto& entry : fs::directory_iterator(cache / "kirsch")) found.insert(entry.path());
    return found;
  };
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  ASSERT_EQ(workshop.run("greeter", {"module", "build"}, here).exit_code, 0);
  ASSERT_EQ(folders().size(), 1u);
  const auto made = *folders().begin();
  const auto copy = [&](const std::string& name) {
    const auto folder = cache / "kirsch" / name;
    fs::create_directory(folder);
    for (const auto* file : {"files", "state"}) fs::copy_file(made / file, folder / file);
    return folder;
  };
  const auto kept = copy("headers-kept");
  fs::last_write_time(copy("headers-unused") / "state", fs::file_time_type::clock::now() - std::chrono::hours(24 * 31));
  std::ofstream(copy("headers-of-another-version") / "files") << "header: /usr/include/no/such/header.h\n";

  std::map<std::string, std::string> others = here;
  others.emplace("CXXFLAGS", "-DOTHERS");
  ASSERT_EQ(workshop.run("greeter", {"module", "build"}, others).exit_code, 0);
  const auto left = folders();
  EXPECT_EQ(left.size(), 3u) << "that, what is made now, and what may be used";
  EXPECT_TRUE(left.contains(made));
  EXPECT_TRUE(left.contains(kept));
}

// Words that say how a module is made, in the order of the alphabet.
std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> options;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto start = word.find_first_not_of("\",[");
    if (start == std::string::npos) continue;
    word = word.substr(start, word.find_last_not_of("\",]") + 1 - start);
    if (word.starts_with("-f") || word.starts_with("-std=") || word.starts_with("-Wl,")) options.insert(word);
  }
  return options;
}

TEST(ModuleBuild, UsesTheOptionsOfCMake) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "twice"}).exit_code, 0);
  ASSERT_EQ(workshop.run("twice", {"module", "build"}).exit_code, 0);
  Process configure({"cmake", "-G", "Ninja", "-S", (workshop / "twice").string(), "-B", (workshop / "cmake").string(),
                     "-DCMAKE_PREFIX_PATH=" + build_folder().string(), "-DCMAKE_CXX_COMPILER=g++"});
  ASSERT_EQ(configure.wait(), 0) << configure.output().all;
  Process commands({"ninja", "-C", (workshop / "cmake").string(), "-t", "commands", "module_twice"});
  ASSERT_EQ(commands.wait(), 0);
  auto cmake = options_in(commands.output().out);
  const auto objects = workshop / "twice/build/objects";
  const auto verb =
      options_in(contents_of(objects / "twice.cpp.o.command") + contents_of(objects / "twice.so.command"));
  std::erase_if(cmake, [](const auto& option) { return option.starts_with("-Wl,-soname"); });
  const auto without_place = [](std::set<std::string> options) {
    std::erase_if(options, [](const auto& option) { return option.starts_with("-Wl,--version-script"); });
    return options;
  };
  EXPECT_EQ(without_place(verb), without_place(cmake));
  EXPECT_EQ(verb.size(), cmake.size());
}

}  // namespace
}  // namespace kirsch::test
