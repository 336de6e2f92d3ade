// What the command says of configurations and modules, to people and to programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/build.h"
#include "support/folder.h"
#include "support/kirsch.h"
#include "support/markdown.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Of what begins at `at` in `help`, " --header TEXT": "header".
void append_name(const std::string& help, std::size_t at, std::vector<std::string>& names) {
  const auto start = at + 3;
  const auto end = std::min(help.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", start), help.size());
  if (end > start) names.push_back(help.substr(start, end - start));
}

const std::string one_listener = "version: 1\nlisteners: { web: { bind: \"127.0.0.1:0\" } }\n";

TEST(Check, counts_what_is_fine) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", one_listener + "paths: { /: {}, /a: {} }\n");
  const auto result = run_kirsch({"check", "-c", file});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, file + " is fine: 1 listener, 1 site, 2 paths\n");
}

TEST(Check, shows_twenty_errors_to_people_and_all_to_programs) {
  const TemporaryFolder folder;
  std::string text = one_listener + "tools:\n";
  for (int count = 0; count < 25; ++count) text += "  nobody" + std::to_string(count) + ": {}\n";
  const std::string file = folder.write("a.yaml", text);
  const auto shown = run_kirsch({"check", "-c", file});
  EXPECT_EQ(shown.exit_code, 3);
  EXPECT_THAT(shown.err,
              AllOf(HasSubstr("'nobody19'"), Not(HasSubstr("'nobody20'")), HasSubstr("and 5 more errors\n")));
  const auto all = run_kirsch({"check", "--json", "-c", file});
  EXPECT_EQ(all.exit_code, 3);
  EXPECT_THAT(all.out, AllOf(StartsWith("{\n  \"ok\": false,\n"), HasSubstr("unknown tool 'nobody24'"),
                             HasSubstr("\"line\": 28,\n      \"column\": 3,\n      \"length\": 8,")));
}

TEST(Check, tells_programs_warnings_beside_errors) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("a.yaml", one_listener + "pipelines: { spare: {} }\nserver: { workers: no }\npaths: { /: {} }\n");
  const auto result = run_kirsch({"check", "--json", "-c", file.string()});
  EXPECT_EQ(result.exit_code, 3);
  const auto errors = result.out.find("\"errors\""), warnings = result.out.find("\"warnings\"");
  const auto mistake = result.out.find("whole decimal number"), spare = result.out.find("'spare' is used nowhere");
  EXPECT_TRUE(errors < mistake && mistake < warnings && warnings < spare && spare != std::string::npos) << result.out;
  EXPECT_THAT(run_kirsch({"check", "-c", file.string()}).err,
              AllOf(StartsWith("error[C014]"), HasSubstr("warning[C040]")));
}

TEST(Check, writes_json_that_is_valid_for_any_bytes) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", one_listener + "tools: { \"a\\\"b\\\\c\\nd\": {} }\n");
  EXPECT_THAT(run_kirsch({"check", "--json", "-c", file}).out, HasSubstr(R"(unknown tool 'a\"b\\c\u000ad')"));
}

TEST(Modules, tell_limits_as_an_operator_writes_them_and_none_that_are_the_types_own) {
  const auto result = run_kirsch({"module", "info", "bounds", "--path", (build_folder() / "fixtures").string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const std::string line : {"free     integer; default", "counted  integer, at least 0; default",
                                 "large    integer, at most 9007199254740992; default", "small    integer, 0 to 65535;",
                                 "size     size; default", "time     duration, at least 1.5ms; default"})
    EXPECT_THAT(result.out, HasSubstr(line));
}

TEST(Modules, are_listed_with_what_they_provide) {
  const auto result = run_kirsch({"module", "list"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(::testing::ContainsRegex("secureheaders +1.0.0 +tool secureheaders\n"),
                                ::testing::ContainsRegex("signals +[0-9.]+ +plugin signals\n")));
}

TEST(Modules, are_listed_when_they_are_stripped_and_when_they_are_refused) {
  const TemporaryFolder folder;
  const auto module = build_folder() / "plugins" / "respond.so";
  const auto copy = (folder.path() / "respond.so").string();
  std::filesystem::copy_file(module, copy);
  ASSERT_EQ(Process({"strip", "--strip-all", copy}).wait(), 0);
  folder.write("text.so", "no module\n");
  const auto result = run_kirsch({"module", "list", "--path", folder.path().string()});
  EXPECT_THAT(result.out, AllOf(HasSubstr("handler respond\n"), HasSubstr("text.so  refused: "), HasSubstr("[M2")));
  const auto json = run_kirsch({"module", "list", "--json", "--path", folder.path().string()});
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"name\": \"respond\""), HasSubstr("\"refused\": ["), HasSubstr("text.so")));
}

TEST(Modules, tell_all_that_their_note_says) {
  const auto result = run_kirsch({"module", "info", "secureheaders"});
  EXPECT_THAT(result.out, AllOf(StartsWith("secureheaders 1.0.0: Protective headers"), HasSubstr("  build id  "),
                                HasSubstr("  at before_finalize, priority 60, inline, failsafe\n"),
                                HasSubstr("    max_age     duration; default 730d; ")));
  const auto of_plugin = run_kirsch({"module", "info", "--json", "signals"});
  EXPECT_THAT(of_plugin.out, AllOf(HasSubstr("\"phase\": \"early\""), HasSubstr("\"channel\": \"start\"")));
  const auto unknown = run_kirsch({"module", "info", "secureheader"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'secureheaders'?"));
}

// A directory that is missing and a name that two files provide would stop a start: they are not passed over here.
TEST(Modules, are_not_listed_without_what_would_stop_a_start) {
  const TemporaryFolder folder;
  const auto module = build_folder() / "plugins" / "respond.so";
  for (const char* name : {"one.so", "two.so"}) std::filesystem::copy_file(module, folder.path() / name);
  const auto asked = [&](std::vector<std::string> arguments) {
    for (const auto& path : {folder.path(), folder.path() / "nowhere"})
      arguments.insert(arguments.end(), {"--path", path.string()});
    return run_kirsch(arguments);
  };
  const auto told = AllOf(HasSubstr("error[M207]: module 'respond' is provided twice"),
                          HasSubstr((folder.path() / "nowhere").string()));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"module", "list"}, {"module", "info", "respond"}}) {
    const auto result = asked(arguments);
    EXPECT_NE(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("respond"));
    EXPECT_THAT(result.err, told);
  }
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"schema"}, {"module", "info", "echo"}}) {
    const auto result = asked(arguments);
    EXPECT_NE(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, told);
  }
  const auto json = asked({"module", "list", "--json"});
  EXPECT_NE(json.exit_code, 0);
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"errors\": ["), HasSubstr("\"code\": \"M207\"")));
}

TEST(Modules, tell_the_options_inside_of_other_types) {
  const TemporaryFolder folder;
  const std::string source = folder.write("nested.cpp", R"(#include <kirsch/module.h>
struct Rule {
  std::string name;
  static constexpr auto options = kirsch::options(kirsch::opt<&Rule::name>("name", kirsch::required, "whom it is for"));
};
struct Nested {
  std::vector<Rule> rules;
  std::variant<bool, Rule> one;
  static constexpr auto options = kirsch::options(kirsch::opt<&Nested::rules>("rules", "[]", "all"),
                                                  kirsch::opt<&Nested::one>("one", "false", "a switch"));
  void before_finalize(kirsch::Exchange&) const {}
};
KIRSCH_MODULE("nested", "1.0.0", kirsch::tool<Nested>("nested"));
)");
  Process compiler({"g++", "-std=c++20", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-gnu-unique", "-I",
                    (source_folder() / "core/sdk").string(), source, "-o", (folder.path() / "nested.so").string()});
  ASSERT_EQ(compiler.wait(), 0) << compiler.output().all;
  const auto text = run_kirsch({"module", "info", "nested", "--path", folder.path().string()});
  const std::string name = "    name  text; required; whom it is for\n";
  EXPECT_THAT(text.out, HasSubstr("  rules  list of options; default []; all\n" + name)) << text.err;
  EXPECT_THAT(text.out, HasSubstr("  one    true or false or options; default false; a switch\n" + name));
  std::string json = run_kirsch({"module", "info", "nested", "--json", "--path", folder.path().string()}).out;
  std::erase_if(json, [](char byte) { return byte == ' ' || byte == '\n'; });
  EXPECT_THAT(json, HasSubstr("\"element\":{\"type\":\"options\",\"options\":[{\"name\":\"name\""));
  EXPECT_THAT(json, HasSubstr("\"alternatives\":[{\"type\":\"trueorfalse\"},{\"type\":\"options\",\"options\":[{"));
}

TEST(Command, explains_itself_and_refuses_what_it_does_not_know) {
  EXPECT_THAT(run_kirsch({"--help"}).out, AllOf(HasSubstr("check"), HasSubstr("Exit codes: 0 ok")));
  EXPECT_EQ(run_kirsch({"--version"}).exit_code, 0);
  const auto wrong = run_kirsch({"chekc"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.err,
            "error: there is no verb 'chekc'\nnote: did you mean 'check'?\nhelp: kirsch --help lists the verbs\n");
  EXPECT_THAT(run_kirsch({"module", "lst"}).err,
              AllOf(HasSubstr("no verb 'lst'"), HasSubstr("'list'"), HasSubstr("kirsch module --help")));
  EXPECT_THAT(run_kirsch({"qqqqqqqq"}).err, AllOf(HasSubstr("no verb 'qqqqqqqq'"), Not(HasSubstr("did you mean"))));
  EXPECT_EQ(run_kirsch({}).exit_code, 2);
}

// The README's site and what the README says of it.
TEST(Routes, explain_the_site_of_the_readme) {
  const auto page = contents_of(source_folder() / "README.md");
  const auto section = page.substr(page.find("## Why did this URL"));
  const auto found = blocks(section.substr(0, section.find("\n## ", 1)));
  ASSERT_EQ(found.size(), 2U);
  const TemporaryFolder folder;
  folder.write("shop.yaml", found[0].text);
  const std::string command = found[1].text.substr(0, found[1].text.find('\n'));
  ASSERT_EQ(command, "$ kirsch routes -c shop.yaml http://shop.example.org/shop/cart/7");
  const auto result =
      run_kirsch({"routes", "-c", (folder.path() / "shop.yaml").string(), "http://shop.example.org/shop/cart/7"});
  EXPECT_EQ(result.out, found[1].text.substr(command.size() + 1));
}

const std::string readme_site =
    one_listener +
    "sites:\n"
    "  - hosts: [a.example]\n"
    "    tools: { secureheaders: { frame_options: SAMEORIGIN } }\n"
    "    paths:\n"
    "      /: { handler: { respond: { body: x } } }\n"
    "      /staff/:\n"
    "        - { match: { clients: [10.0.0.0/8], headers: { X-Key: k } }, handler: { echo: {} } }\n"
    "      /only/: { match: { methods: [PUT] }, handler: { echo: {} } }\n";

std::string explained(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  std::vector<std::string> whole{"routes", "-c", folder.write("a.yaml", readme_site).string()};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  const auto result = run_kirsch(whole);
  return result.out + result.err;
}

TEST(Routes, are_listed_with_match_handler_and_tools) {
  EXPECT_EQ(explained({}),
            "a.example on web\n"
            "  /        respond                                 secureheaders\n"
            "  /staff/  echo     from 10.0.0.0/8 with X-Key: k  secureheaders\n"
            "  /only/   echo     PUT                            secureheaders\n");
}

TEST(Routes, are_found_as_another_client_would_find_them) {
  EXPECT_THAT(explained({"/staff/x"}), HasSubstr("path      /   "));
  EXPECT_THAT(explained({"/staff/x", "--from", "10.1.2.3", "-H", "X-Key: k"}), HasSubstr("path      /staff/"));
  EXPECT_THAT(explained({"/staff", "--from", "10.1.2.3", "-H", "X-Key: k"}), HasSubstr("308 to /staff/\n"));
  EXPECT_THAT(explained({"http://b.example/"}), HasSubstr("421"));
  EXPECT_THAT(explained({"--method", "PUT", "/only/a"}), HasSubstr("handler   echo"));
  EXPECT_THAT(explained({"https://a.example/"}), HasSubstr("no listener speaks TLS"));
  EXPECT_THAT(explained({"nothing"}), HasSubstr("'nothing' is no URL"));
  EXPECT_THAT(explained({"/", "--from", "here"}), HasSubstr("'here' is no address"));
  EXPECT_THAT(explained({"/", "--listener", "tls"}), HasSubstr("no listener 'tls'"));
}

TEST(Routes, tell_programs_every_value_with_its_origin) {
  EXPECT_THAT(
      explained({"--json", "/"}),
      AllOf(HasSubstr("\"frame_options\": {\n          \"value\": \"SAMEORIGIN\",\n          \"origin\": \"a.yaml:5\""),
            HasSubstr("\"origin\": \"default\""), HasSubstr("\"before_finalize\": [")));
}

TEST(Completion, offers_verbs_and_their_options_in_bash) {
  const TemporaryFolder folder;
  const std::string script = folder.write("completion", run_kirsch({"completion", "bash"}).out);
  const auto offered = [&](const std::string& words) {
    Process shell({"bash", "-c",
                   "source " + script + "; COMP_WORDS=(" + words +
                       "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _kirsch; echo \"${COMPREPLY[*]}\""});
    EXPECT_EQ(shell.wait(), 0);
    return shell.output().out;
  };
  EXPECT_EQ(offered("kirsch ch"), "check\n");
  EXPECT_EQ(offered("kirsch module ''"), "list info check new build test dev -h --help\n");
  EXPECT_EQ(offered("kirsch -c x.yaml routes --me"), "--method\n");
  EXPECT_EQ(run_kirsch({"completion", "csh"}).exit_code, 2);
  EXPECT_THAT(run_kirsch({"completion", "fish"}).out, HasSubstr("-a check -d"));
  EXPECT_THAT(run_kirsch({"completion", "zsh"}).out, StartsWith("#compdef kirsch\n"));
}

// The long options that the help of a verb shows.
std::vector<std::string> options_of(const std::vector<std::string>& verb) {
  auto arguments = verb;
  arguments.emplace_back("--help");
  const std::string help = run_kirsch(arguments).out;
  std::vector<std::string> names;
  for (auto at = help.find(" --"); at != std::string::npos; at = help.find(" --", at + 1)) append_name(help, at, names);
  for (auto at = help.find(",--"); at != std::string::npos; at = help.find(",--", at + 1)) append_name(help, at, names);
  return names;
}

const std::vector<std::vector<std::string>> verbs = {
    {"run"},    {"start"},  {"stop"},           {"restart"},        {"reload"}, {"status"},     {"check"},
    {"routes"}, {"schema"}, {"module", "list"}, {"module", "info"}, {"man"},    {"completion"}, {"version"}};

TEST(Completion, knows_every_option_that_the_help_shows_in_every_shell) {
  const auto bash = run_kirsch({"completion", "bash"}).out, zsh = run_kirsch({"completion", "zsh"}).out,
             fish = run_kirsch({"completion", "fish"}).out;
  EXPECT_THAT(zsh, AllOf(HasSubstr("bashcompinit"), HasSubstr(bash)));
  for (const auto& verb : verbs) {
    const auto options = options_of(verb);
    EXPECT_FALSE(options.empty()) << verb.back();
    EXPECT_THAT(fish, HasSubstr(" -a " + verb.back() + " -d '")) << verb.back();
    const auto start = bash.find("    '" + verb.front() + (verb.size() > 1 ? " " + verb.back() : "") + "') words='");
    ASSERT_NE(start, std::string::npos) << verb.back();
    const auto words = bash.substr(start, bash.find('\n', start) - start);
    for (const auto& option : options) {
      EXPECT_THAT(words, HasSubstr("--" + option)) << verb.back();
      EXPECT_THAT(fish,
                  ::testing::ContainsRegex("'__fish_seen_subcommand_from " + verb.back() + "'.* -l " + option + " "));
    }
  }
}

TEST(Manual, names_every_verb_and_option_that_the_help_shows) {
  const auto page = run_kirsch({"man"}).out;
  EXPECT_THAT(page, StartsWith(".TH KIRSCH 8 \"\" \"kirsch 0."));
  for (const auto& verb : verbs) {
    const auto start = page.find(".B kirsch " + verb.front() + (verb.size() > 1 ? " " + verb.back() : ""));
    ASSERT_NE(start, std::string::npos) << verb.back();
    const auto section = page.substr(start, page.find("\n.B kirsch ", start + 1) - start);
    for (std::string option : options_of(verb)) {
      if (option == "help") continue;  // nobody looks that up
      for (auto at = option.find('-'); at != std::string::npos; at = option.find('-', at + 2)) option.insert(at, "\\");
      EXPECT_THAT(section, HasSubstr("\\-\\-" + option)) << verb.back();
    }
  }
}

TEST(Completion, and_the_manual_know_the_options_without_a_verb) {
  const auto bash = run_kirsch({"completion", "bash"}).out, fish = run_kirsch({"completion", "fish"}).out,
             page = run_kirsch({"man"}).out;
  const auto options = options_of({});
  EXPECT_THAT(options, ::testing::IsSupersetOf({"version", "config", "help"}));
  const auto words = bash.substr(bash.find("    '') words='"), bash.find('\n', bash.find("    '') words='")));
  const auto section = page.substr(page.find(".SH OPTIONS"), page.find(".SH VERBS") - page.find(".SH OPTIONS"));
  for (const auto& option : options) {
    EXPECT_THAT(words, HasSubstr("--" + option));
    EXPECT_THAT(fish, ::testing::ContainsRegex("'__fish_use_subcommand'.* -l " + option + " "));
    EXPECT_THAT(section, HasSubstr("\\-\\-" + option));
  }
}

TEST(Manual, is_roff_without_a_fault) {
  Process groff({"groff", "-man", "-Tutf8", "-ww", "-z"},
                {.folder = {}, .environment = {}, .input = run_kirsch({"man"}).out});
  EXPECT_EQ(groff.wait(), 0);
  EXPECT_EQ(groff.output().errors, "");
}

TEST(Command, fails_where_its_output_cannot_be_written) {
  const auto program = kirsch_program().string();
  for (const std::string verb : {"schema", "version", "--help", "man", "completion bash"}) {
    Process full({"sh", "-c", "exec " + program + " " + verb + " >/dev/full"});
    EXPECT_EQ(full.wait(), 1) << verb;
    EXPECT_EQ(full.output().errors, "kirsch: cannot write standard output: No space left on device\n") << verb;
  }
}

TEST(Command, ends_without_a_word_where_nobody_reads_its_output) {
  constexpr auto unread =
      "import os, sys\nr, w = os.pipe()\nos.close(r)\nos.dup2(w, 1)\nos.execv(sys.argv[1], sys.argv[1:])";
  Process man({"python3", "-c", unread, kirsch_program().string(), "man"});
  EXPECT_EQ(man.wait(), 1);
  EXPECT_EQ(man.output().errors, "");
}

TEST(Command, refuses_a_configuration_without_a_name) {
  for (const std::string verb : {"run", "start", "check", "status"}) {
    const auto result = run_kirsch({verb, "-c", ""});
    EXPECT_EQ(result.exit_code, 2) << verb;
    EXPECT_THAT(result.err, StartsWith("--config: '' names no file\n")) << verb;
  }
}

TEST(Command, takes_the_configuration_before_the_verb_too) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", one_listener + "paths: { /: {} }\n");
  const auto result = run_kirsch({"-c", file, "check"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, run_kirsch({"check", "-c", file}).out);
  EXPECT_EQ(run_kirsch({"-c", "/nowhere.yaml", "check", "-c", file}).exit_code, 0) << "what stands behind it holds";
}

}  // namespace
}  // namespace kirsch::test
