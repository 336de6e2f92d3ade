// What `kirsch check` and a start say of modules that must not be loaded, that nothing of them runs before it is sure
// that it may, and that what had started is undone when it turns out that they may not.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <sstream>

#include "support/client.h"
#include "support/forgery.h"
#include "support/kirsch.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr uid_t foreigner = 4242;

fs::path fixture(const std::string& name) { return build_folder() / "fixtures" / "loader" / (name + ".so"); }

// A folder of plugins of its own, and what those that are fixtures of the loader did: a line for each constructor,
// init, create, destroy and deinit.
class Plugins {
 public:
  Plugins() { fs::create_directories(path()); }

  fs::path path() const { return folder_.path() / "plugins"; }
  fs::path elsewhere() const { return folder_.path() / "elsewhere.so"; }

  fs::path write(const std::string& name, const std::string& bytes, mode_t mode = 0644) const {
    const auto file = folder_.write(fs::path("plugins") / (name + ".so"), bytes);
    ::chmod(file.c_str(), mode);
    return file;
  }
  fs::path add(const std::string& module, const std::string& name = {}) const {
    return write(name.empty() ? module : name, contents_of(fixture(module)));
  }

  std::string yaml(const std::vector<std::string>& tools, const std::string& rest = {}) const {
    std::string text =
        "plugins: { path: [\"" + path().string() + "\", \"" + (build_folder() / "plugins").string() + "\"] }\ntools:\n";
    for (const auto& tool : tools) text += "  " + tool + ": {}\n";
    if (tools.empty()) text.replace(text.size() - 1, 1, " {}\n");
    return loopback(text + "paths: { /: { handler: { respond: { body: here } } } }\n" + rest);
  }
  // Runs `kirsch VERB -c` on that configuration until it ends.
  Result run(const std::string& verb, const std::vector<std::string>& tools, const std::string& rest = {}) const {
    const auto file = folder_.write("kirsch.yaml", yaml(tools, rest));
    return run_kirsch({verb, "-c", file.string()}, {}, environment());
  }
  std::map<std::string, std::string> environment() const {
    fs::create_directories(state());
    return {{"STATE_DIRECTORY", state().string()}, {"KIRSCH_EVENTS", (folder_.path() / "events").string()}};
  }
  fs::path state() const { return folder_.path() / "state"; }

  // Also of the probe's child, where that may write here.
  bool anything_ran() const { return fs::exists(folder_.path() / "events"); }
  // What the server itself called: the probe calls nothing.
  std::vector<std::string> called() const {
    std::istringstream lines(anything_ran() ? contents_of(folder_.path() / "events") : "");
    std::vector<std::string> events;
    for (std::string line; std::getline(lines, line);)
      if (line.find(" constructor") == std::string::npos) events.push_back(line);
    return events;
  }

 private:
  TemporaryFolder folder_;
};

// Makes a bad file and returns it.
using Make = std::function<fs::path(const Plugins&)>;

struct BadFile {
  std::string name;
  Make make;
  std::string code;
  std::string cause;
  std::string remedy;
  std::string tool = "good";  // what the configuration names
  bool root = false;          // only root can make it
};

Make with_mode(mode_t mode) {
  return [mode](const Plugins& plugins) { return plugins.write("good", contents_of(fixture("good")), mode); };
}

Make linked(mode_t mode) {
  return [mode](const Plugins& plugins) {
    fs::copy_file(fixture("good"), plugins.elsewhere());
    ::chmod(plugins.elsewhere().c_str(), mode);
    fs::create_symlink(plugins.elsewhere(), plugins.path() / "good.so");
    return plugins.path() / "good.so";
  };
}

fs::path foreign(const Plugins& plugins) {
  const auto file = plugins.add("good");
  EXPECT_EQ(::chown(file.c_str(), foreigner, foreigner), 0);
  return file;
}

fs::path dangling(const Plugins& plugins) {
  fs::create_symlink("nowhere", plugins.path() / "good.so");
  return plugins.path() / "good.so";
}

fs::path fifo(const Plugins& plugins) {
  const auto file = plugins.path() / "good.so";
  EXPECT_EQ(::mkfifo(file.c_str(), 0600), 0);
  return file;
}

fs::path directory(const Plugins& plugins) {
  fs::create_directories(plugins.path() / "good.so");
  return plugins.path() / "good.so";
}

Make text(const std::string& bytes) {
  return [bytes](const Plugins& plugins) { return plugins.write("good", bytes); };
}

// The first `size` bytes; a negative size counts from the end.
Make cut(std::ptrdiff_t size) {
  return [size](const Plugins& plugins) {
    const auto bytes = contents_of(fixture("good"));
    const auto whole = static_cast<std::ptrdiff_t>(bytes.size());
    return plugins.write("good", bytes.substr(0, static_cast<std::size_t>(size < 0 ? whole + size : size)));
  };
}

fs::path cut_in_the_middle(const Plugins& plugins) {
  return cut(static_cast<std::ptrdiff_t>(fs::file_size(fixture("good")) / 2))(plugins);
}

// Replaces `from` by `to`, which is as long, wherever it occurs.
Make forged(const std::string& from, const std::string& to) {
  return [from, to](const Plugins& plugins) {
    auto bytes = contents_of(fixture("good"));
    EXPECT_NE(bytes.find(from), std::string::npos) << "nothing to forge";
    for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + 1))
      bytes.replace(at, from.size(), to);
    return plugins.write("good", bytes);
  };
}

fs::path too_large(const Plugins& plugins) {
  const Forgery grown(Forgery(contents_of(fixture("good"))).segment([](auto& note) { note.p_filesz = 1u << 24; }));
  return plugins.write("good", grown.note([](auto& note) { note.n_descsz = KIRSCH_MANIFEST_LIMIT + 1; }));
}

fs::path for_another_processor(const Plugins& plugins) {
  const Forgery forgery(contents_of(fixture("good")));
  return plugins.write("good", forgery.header([](auto& header) { header.e_machine = EM_SPARC; }));
}

Make added(const std::string& module, const std::string& name = {}) {
  return [module, name](const Plugins& plugins) { return plugins.add(module, name); };
}

fs::path in_a_circle(const Plugins& plugins) {
  plugins.add("circle_two");
  return plugins.add("circle_one");
}

const std::vector<BadFile> bad_files = {
    {"writable_for_everybody", with_mode(0646), "M204", "is writable for everybody (mode 0646)", "chmod go-w '"},
    {"writable_for_its_group", with_mode(0664), "M204", "is writable for its group (mode 0664)", "chmod go-w '"},
    {"of_a_foreign_owner", foreign, "M204", "belongs to user (4242)", "name the owner in plugins.owners", "good", true},
    {"linked_to_a_trusted_file", linked(0644), "M204", "is a link", "replace it with the file itself"},
    {"linked_to_an_untrusted_file", linked(0666), "M204", "is a link", "replace it with the file itself"},
    {"linked_to_nothing", dangling, "M204", "is a link", "replace it with the file itself"},
    {"fifo", fifo, "M204", "is not a regular file", "move it out of the directory"},
    {"directory", directory, "M204", "is not a regular file", "move it out of the directory"},
    {"text", text("buy milk\n"), "M201", "is not an ELF file", "build it with the SDK"},
    {"empty", text(""), "M201", "is not an ELF file", "move it out of the directory"},
    {"cut_in_its_magic", cut(3), "M201", "is not an ELF file", "build it with the SDK"},
    {"cut_in_its_header", cut(40), "M201", "is cut short", "build it with the SDK"},
    {"cut_behind_its_header", cut(64), "M201", "is cut short", "build it with the SDK"},
    {"cut_in_the_middle", cut_in_the_middle, "M201", "is cut short", "build it with the SDK"},
    {"cut_by_one_byte", cut(-1), "M201", "is cut short", "build it with the SDK"},
    {"for_another_processor", for_another_processor, "M201", "is built for another processor", "build it with the SDK"},
    {"no_module", added("plain", "good"), "M201", "is a shared object, but not a Kirsch module",
     "build it with the SDK"},
    {"with_two_notes", added("two_notes"), "M201", "carries two manifests", "build it with the SDK", "two_notes"},
    {"with_a_note_too_large", too_large, "M201", "the limit is 262144", "build it with the SDK"},
    {"with_broken_json", forged("{\"name\":\"good\",\"ver", "{\"name\":\"good\";\"ver"), "M202", "the manifest of ",
     "rebuild it with the SDK of this server"},
    {"with_an_unknown_hook", added("faulty_manifest"), "M202", "point is 'before_breakfast'",
     "rebuild it with the SDK of this server", "hooked"},
    {"of_an_older_major_abi", forged("\"abi\":[1,0]", "\"abi\":[0,3]"), "M203",
     "built for ABI 0.3, this server has ABI 1.0", "rebuild it with the SDK of this server"},
    {"of_a_newer_minor_abi", forged("\"abi\":[1,0]", "\"abi\":[1,9]"), "M203",
     "built for ABI 1.9, this server has ABI 1.0", "rebuild it with the SDK of this server or use a newer server"},
    {"of_a_newer_major_abi", added("other_abi"), "M203", "built for ABI 2.0, this server has ABI 1.0",
     "rebuild it with the SDK of this server or use a newer server", "chat"},
    {"without_a_feature", added("missing_feature"), "M205", "does not offer: test/trace/1, future/teleport/1",
     "use a server that offers it", "missing_feature"},
    {"without_a_service", added("consumer"), "M206", "requires: greeting/1", "put a module that provides it beside",
     "consumer"},
    {"in_a_circle", in_a_circle, "M215", "lead in a circle: circle_one → circle_two → circle_one",
     "change what one of them requires", "circle_one"},
};

class BadFiles : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, are_errors_where_they_are_named_else_warnings_and_never_run) {
  const BadFile& bad = GetParam();
  if (bad.root && ::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Plugins plugins;
  const auto file = bad.make(plugins).string();
  const auto said = AllOf(HasSubstr(file), HasSubstr(bad.cause), HasSubstr(bad.remedy));

  const auto named = plugins.run("check", {bad.tool});
  EXPECT_EQ(named.exit_code, 4);
  EXPECT_THAT(named.err, AllOf(StartsWith("error[" + bad.code + "]"), said, HasSubstr("kirsch.yaml:5:3"))) << "named";
  EXPECT_EQ(occurrences(named.err, "error["), 1u) << named.err;
  const auto started = plugins.run("run", {bad.tool});
  EXPECT_EQ(started.exit_code, 4);
  EXPECT_EQ(started.err, named.err) << "a start says what check says";

  const auto unnamed = plugins.run("check", {});
  EXPECT_EQ(unnamed.exit_code, 0);
  EXPECT_THAT(unnamed.err, AllOf(StartsWith("warning[" + bad.code + "]"), said, Not(HasSubstr("error["))));
  EXPECT_FALSE(plugins.anything_ran());
}

INSTANTIATE_TEST_SUITE_P(Each, BadFiles, ::testing::ValuesIn(bad_files),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(BadModule, that_provides_a_name_twice_is_an_error_whoever_is_named) {
  const Plugins plugins;
  const auto first = plugins.add("good").string();
  const auto second = plugins.add("twin").string();
  for (const std::vector<std::string>& tools : {std::vector<std::string>{}, {"good"}}) {
    const auto result = plugins.run("check", tools);
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_THAT(result.err, AllOf(StartsWith("error[M207]"), HasSubstr("tool 'good' is provided twice"),
                                  HasSubstr(first), HasSubstr(second), HasSubstr("keep one of the two files")));
  }
  EXPECT_FALSE(plugins.anything_ran());
}

TEST(BadModule, in_a_directory_that_others_may_write_is_an_error_whoever_is_named_unless_that_is_sticky) {
  const Plugins plugins;
  plugins.add("good");
  ::chmod(plugins.path().c_str(), 0777);
  for (const std::vector<std::string>& tools : {std::vector<std::string>{}, {"good"}}) {
    const auto result = plugins.run("check", tools);
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_THAT(result.err, AllOf(StartsWith("error[M204]"), HasSubstr("directory " + plugins.path().string()),
                                  HasSubstr("writable for everybody"), HasSubstr("chmod go-w '")));
  }
  ::chmod(plugins.path().c_str(), 01777);
  EXPECT_EQ(plugins.run("check", {"good"}).err, "");
  EXPECT_FALSE(plugins.anything_ran());
}

TEST(BadModule, below_a_directory_that_others_may_write_is_an_error_unless_that_is_sticky_and_its_entry_is_trusted) {
  const Plugins plugins;
  plugins.add("good");
  const auto parent = plugins.path().parent_path();
  ::chmod(parent.c_str(), 0777);
  const auto result = plugins.run("check", {"good"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("directory " + parent.string() + " is writable for everybody"));
  ::chmod(parent.c_str(), 01777);
  EXPECT_EQ(plugins.run("check", {"good"}).err, "");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  ASSERT_EQ(::chown(plugins.path().c_str(), foreigner, foreigner), 0);
  const auto foreign_entry = plugins.run("check", {"good"});
  EXPECT_EQ(foreign_entry.exit_code, 4);
  EXPECT_THAT(foreign_entry.err, HasSubstr("directory " + plugins.path().string() + " belongs to user (4242)"));
  EXPECT_FALSE(plugins.anything_ran());
}

TEST(BadModule, of_a_foreign_owner_is_good_once_plugins_owners_names_him) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Plugins plugins;
  const auto file = foreign(plugins);
  TemporaryFolder folder;
  const auto with_owner = [&](const std::string& owner) {
    auto yaml = plugins.yaml({"good"});
    yaml.replace(yaml.find("plugins: {") + 10, 0, " owners: [\"" + owner + "\"],");
    return run_kirsch({"check", "-c", folder.write("kirsch.yaml", yaml).string()});
  };
  EXPECT_EQ(with_owner("4242").err, "");
  EXPECT_EQ(with_owner("4243").exit_code, 4);
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  EXPECT_EQ(with_owner("nobody").err, "");
  const auto unknown = with_owner("no-such-user");
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("'no-such-user', who does not exist"), HasSubstr("name or the number")));
}

struct BadCode {
  std::string name;
  std::string code;
  std::string cause;
  std::vector<std::string> called = {"good init", "good deinit"};  // of it and of `good`, which is loaded before it
};

const std::vector<BadCode> bad_code = {
    {"crashing", "M210", "crashed while it was being loaded: Segmentation fault"},
    {"crashing_later", "M210", "crashed while it was being unloaded: Segmentation fault"},
    {"throwing", "M210", "threw an exception while it was being loaded: no such luck"},
    {"threaded", "M210", "started a thread while it was being loaded"},
    {"exiting", "M210", "ended the process while it was being loaded"},
    {"undefined_symbol", "M211", "undefined symbol: kirsch_test_nobody_defines_this"},
    {"without_struct", "M212", "does not export 'kirsch_module'"},
    {"other_size", "M212", "has a struct kirsch_module of 8 bytes"},
    {"other_manifest", "M212", "has another manifest in its struct than in its note"},
    {"other_count", "M212", "provides 0 things in its struct, but 1 in its note"},
    {"lacking_hook", "M212", "does not have what its note promises"},
    {"init_failure", "M213", "refused to start: the moon is full", {"good init", "init_failure init", "good deinit"}},
    {"throwing_init",
     "M213",
     "let an exception escape: no such luck",
     {"good init", "throwing_init init", "good deinit"}},
    {"create_failure",
     "M214",
     "could not be made: these options do not go together",
     {"good init", "create_failure init", "good create", "create_failure create", "good destroy",
      "create_failure deinit", "good deinit"}},
    {"throwing_create",
     "M214",
     "could not be made: it let an exception escape: no such luck",
     {"good init", "throwing_create init", "good create", "throwing_create create", "good destroy",
      "throwing_create deinit", "good deinit"}},
};

class BadCodes : public ::testing::TestWithParam<BadCode> {};

TEST_P(BadCodes, end_the_start_in_order_by_name_and_undo_it_while_check_runs_nothing) {
  const BadCode& bad = GetParam();
  const Plugins plugins;
  const auto file = plugins.add(bad.name).string();
  plugins.add("good", "a_good");
  fs::copy_file(build_folder() / "fixtures" / "early.so", plugins.path() / "early.so");
  const std::string engine = "engine: { early: {} }\n";

  EXPECT_EQ(plugins.run("check", {"good", bad.name}, engine).err, "") << "its file has no fault";
  EXPECT_FALSE(plugins.anything_ran());

  const auto result = plugins.run("run", {"good", bad.name}, engine);
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_EQ(occurrences(result.err, "error["), 1u) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("error[" + bad.code + "]"), HasSubstr("'" + bad.name + "'"), HasSubstr(file),
                                HasSubstr(bad.cause), HasSubstr("help: ")));
  EXPECT_THAT(result.out, Not(HasSubstr("ready")));
  EXPECT_THAT(plugins.called(), ElementsAreArray(bad.called));
  const auto start = result.err.find("early: start"), stop = result.err.find("early: stop"),
             exit = result.err.find("early: exit");
  EXPECT_TRUE(start < stop && stop < exit && exit != std::string::npos) << result.err;
  const auto copies = plugins.state() / ("modules." + std::to_string(::geteuid()));
  EXPECT_TRUE(fs::is_empty(copies)) << "private copies are left";
}

INSTANTIATE_TEST_SUITE_P(Each, BadCodes, ::testing::ValuesIn(bad_code),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(EarlyModule, that_requires_a_late_one_is_refused) {
  const Plugins plugins;
  for (const auto* name : {"early_counter.so", "counter.so"})
    fs::copy_file(build_folder() / "fixtures" / name, plugins.path() / name);
  const auto result = plugins.run("check", {}, "engine: { early_counter: {} }\n");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("requires the module 'counter', which is late"),
                                HasSubstr((plugins.path() / "counter.so").string())));
}

TEST(EarlyModule, that_does_not_belong_to_root_does_not_run_as_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Plugins plugins;
  const auto file = plugins.path() / "early.so";
  fs::copy_file(build_folder() / "fixtures" / "early.so", file);
  ASSERT_EQ(::chown(file.c_str(), foreigner, foreigner), 0);
  auto yaml = plugins.yaml({}, "engine: { early: {} }\n");
  yaml.replace(yaml.find("plugins: {") + 10, 0, " owners: [\"4242\"],");
  const TemporaryFolder folder;
  const auto result = run_kirsch({"check", "-c", folder.write("kirsch.yaml", yaml).string()});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("the early module 'early' runs as root"),
                                HasSubstr("chown root '" + file.string() + "'")));
}

TEST(RequiredService, that_nobody_provides_without_options_is_refused) {
  const Plugins plugins;
  plugins.add("consumer");
  const auto provider = plugins.add("particular_greeter").string();
  const auto result = plugins.run("check", {"consumer"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(StartsWith("error[M206]: module 'consumer' requires the service 'greeting/1', and "
                                           "'particular_greeter' provides it only with options: words\n"),
                                HasSubstr("kirsch.yaml:5:3"), HasSubstr(provider)));
  EXPECT_EQ(plugins.run("run", {"consumer"}).err, result.err) << "a start says what check says";
  EXPECT_FALSE(plugins.anything_ran());
}

TEST(RequiredService, that_is_provided_twice_is_refused) {
  const Plugins plugins;
  plugins.add("consumer");
  const auto provider = plugins.add("two_greeters").string();
  const auto result = plugins.run("check", {"consumer"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("which is provided twice: by 'hello' of " + provider + ", 'goodbye' of " + provider),
                    HasSubstr("kirsch.yaml:5:3")));
  EXPECT_FALSE(plugins.anything_ran());
}

// The control of everything above: what runs leaves a trace.
TEST(GoodModule, is_listed_and_loaded_though_it_was_stripped) {
  const Plugins plugins;
  plugins.add("stripped", "good");
  const auto original = build_folder() / "plugins" / "secureheaders.so", copy = plugins.path() / "bare.so";
  Process strip({"strip", "--strip-all", "-o", copy.string(), original.string()});
  ASSERT_EQ(strip.wait(), 0) << strip.output().all;
  ::chmod(copy.c_str(), 0644);
  EXPECT_LT(fs::file_size(copy), fs::file_size(original));
  const auto listed = run_kirsch({"module", "list", "--path", plugins.path().string()});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.out, AllOf(HasSubstr("tool good, handler good"), HasSubstr("tool secureheaders")));
  EXPECT_FALSE(plugins.anything_ran());

  for (const auto* name : {"respond.so", "signals.so"})
    fs::copy_file(build_folder() / "plugins" / name, plugins.path() / name);
  auto yaml = plugins.yaml({"good", "secureheaders"});
  const auto second = ", \"" + (build_folder() / "plugins").string() + "\"";
  yaml.erase(yaml.find(second), second.size());
  Server server(yaml, {.files = {}, .neighbours = {}, .environment = plugins.environment(), .arguments = {}});
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.body, "here");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(plugins.called(), ElementsAre("good init", "good create"));
}

}  // namespace
}  // namespace kirsch::test
