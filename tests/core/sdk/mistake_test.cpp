// What an author sees who gets a declaration wrong: one readable sentence from either compiler.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "support/compiler.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

struct Mistake {
  const char* name;      // of the namespace that it is made in
  const char* body;      // of `struct Type`
  const char* provided;  // item of KIRSCH_MODULE
  const char* sentence;
};

const Mistake mistakes[] = {
    {"a_misspelt_hook", "void before_finalise(kirsch::Exchange&) {}", "kirsch::tool<Type>(\"t\")",
     "misspelt hook point; the hook points are on_start_resource, before_request_body"},
    {"a_misspelt_hook_beside_a_good_one",
     "void before_handler(kirsch::Exchange&) {}\nvoid on_end_response(kirsch::Exchange&) {}",
     "kirsch::tool<Type>(\"t\")", "misspelt hook point"},
    {"no_hook_at_all", "void nothing() {}", "kirsch::tool<Type>(\"t\")",
     "a tool needs at least one method named after a hook point"},
    {"a_hook_with_a_wrong_parameter", "void before_handler(int) {}", "kirsch::tool<Type>(\"t\")",
     "before_handler must be public and callable with (kirsch::Exchange&)"},
    {"a_hook_that_returns_something_else", "int before_handler(kirsch::Exchange&) { return 1; }",
     "kirsch::tool<Type>(\"t\")", "a hook or handler returns void or kirsch::Flow"},
    {"a_handler_without_handle", "void answer(kirsch::Exchange&) {}", "kirsch::handler<Type>(\"t\")",
     "a handler needs a public method handle(kirsch::Exchange&)"},
    {"an_on_body_with_a_wrong_parameter", "void handle(kirsch::Exchange&) {}\nvoid on_body(kirsch::Exchange&, int) {}",
     "kirsch::handler<Type>(\"t\")", "on_body must be public and callable with (kirsch::Exchange&, std::string_view)"},
    {"a_plugin_without_a_channel", "void begin() {}", "kirsch::plugin<Type>(\"t\")",
     "a plugin needs at least one public method named start, stop, exit or graceful"},
    {"a_member_that_cannot_be_an_option",
     "void* member;\nstatic constexpr auto options = kirsch::options(kirsch::opt<&Type::member>(\"m\", \"x\", "
     "\"h\"));\n"
     "void before_handler(kirsch::Exchange&) {}",
     "kirsch::tool<Type>(\"t\")", "this member cannot be an option: use bool"},
    {"an_application_that_takes_no_messages", "void on_open(kirsch::WebSocket&) {}",
     "kirsch::websocket_application<Type>(\"t\")", "a WebSocket application has either on_message or on_fragment"},
    {"an_on_close_with_a_wrong_parameter",
     "void on_message(kirsch::WebSocket&, const kirsch::WebSocketMessage&) {}\nvoid on_close(int) {}",
     "kirsch::websocket_application<Type>(\"t\")",
     "on_close must be public and callable with (kirsch::WebSocket&, const kirsch::WebSocketEnd&)"},
    {"an_on_drain_without_a_reason",
     "void handle(kirsch::Exchange& exchange) { kirsch::upgrade(exchange, std::make_unique<Type>()); }\n"
     "std::size_t on_data(kirsch::Stream&, char*, std::size_t size) { return size; }\n"
     "void on_drain(kirsch::Stream&) {}",
     "kirsch::handler<Type>(\"t\")", "on_drain must be public and callable with (kirsch::Stream&, kirsch_drain)"},
    {"a_simple_session_storage_that_cannot_erase",
     "std::optional<std::string> read(const kirsch::SessionKey&) { return {}; }\n"
     "void write(const kirsch::SessionKey&, std::string_view, std::chrono::milliseconds) {}",
     "kirsch::simple_session_storage<Type>(\"t\")",
     "a simple session storage needs public methods read, write and erase, as simple_session_storage.h has them"},
    {"a_duration_of_less_than_nanoseconds",
     "std::chrono::duration<std::int64_t, std::pico> member{};\nstatic constexpr auto options = "
     "kirsch::options(kirsch::opt<&Type::member>(\"m\", \"1s\", \"h\"));\nvoid before_handler(kirsch::Exchange&) {}",
     "kirsch::tool<Type>(\"t\")", "a duration counts in whole nanoseconds, or in floating-point numbers"},
    {"a_character_for_a_session",
     "void handle(kirsch::Exchange& exchange) { kirsch::session(exchange).set(\"k\", 'x'); }",
     "kirsch::handler<Type>(\"t\")",
     "a session holds no single characters: give it a string, or a number of another type"},
    {"host_storage_of_an_over_aligned_type",
     "struct alignas(64) Cell { std::uint64_t count; };\nCell* cell = nullptr;\n"
     "void prepare() { cell = &kirsch::storage<Cell>(\"cell\", 1); }\nvoid handle(kirsch::Exchange&) {}",
     "kirsch::handler<Type>(\"t\")",
     "host storage is aligned to std::max_align_t: the type must not ask for more than that"},
    {"a_module_that_provides_nothing", "", "kirsch::summary(\"empty\")",
     "a module provides at least one tool, handler, plugin or service"},
};

// All in one file: to read the SDK takes longer than all mistakes.
std::string mistaken_modules() {
  std::string source =
      "#include <kirsch/module.h>\n#include <kirsch/simple_session_storage.h>\n"
      "#include <kirsch/session.h>\n#include <kirsch/storage.h>\n#include <kirsch/stream.h>\n#include "
      "<kirsch/websocket.h>\n";
  for (const auto& mistake : mistakes) {
    source += std::string("#define kirsch_module module_with_") + mistake.name + "\nnamespace " + mistake.name +
              " {\nstruct Type {\n" + mistake.body + "\n};\nKIRSCH_MODULE(\"m\", \"1.0.0\", " + mistake.provided +
              ");\n}\n#undef kirsch_module\n";
  }
  return source;
}

// The last cells of the first table of the page for authors.
std::vector<std::string> sentences_of_page() {
  std::string page = contents_of(source_folder() / "core" / "sdk" / "ERRORS.md");
  page.resize(page.find("## When the server reads"));
  std::vector<std::string> sentences;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const auto from = line.rfind(" | ");
    if (line.starts_with("| ") && line.ends_with(" |") && !line.starts_with("| mistake"))
      sentences.push_back(line.substr(from + 3, line.size() - from - 5));
  }
  return sentences;
}

// Without the lines of source, which would repeat the sentences.
std::string explained(const std::string& compiler) {
  const TemporaryFolder folder;
  const auto source = folder.write("mistakes.cpp", mistaken_modules());
  std::vector<std::string> arguments{"-std=c++20", "-fsyntax-only", "-I" + sdk_folder().string(), source.string()};
  if (compiler == "g++") arguments.insert(arguments.end(), {"-fno-diagnostics-show-caret"});
  if (compiler != "g++") arguments.insert(arguments.end(), {"-fno-caret-diagnostics", "-ferror-limit=0"});
  const auto result = compile(compiler, arguments);
  EXPECT_FALSE(result.done) << compiler << " accepts them";
  return result.messages;
}

TEST(Mistakes, are_explained_by_both_compilers) {
  for (const std::string compiler : {"g++", "clang++-14"}) {
    if (!has_compiler(compiler)) continue;
    const auto messages = explained(compiler);
    for (const auto& mistake : mistakes) {
      const auto times = std::ranges::count_if(
          mistakes, [&](const Mistake& each) { return std::string_view(each.sentence).starts_with(mistake.sentence); });
      EXPECT_GE(occurrences(messages, mistake.sentence), static_cast<std::size_t>(times))
          << mistake.name << " is not explained by " << compiler << "\n"
          << messages;
    }
  }
}

TEST(Mistakes, stand_on_the_page_for_authors) {
  const auto sentences = sentences_of_page();
  for (const auto& mistake : mistakes)
    EXPECT_TRUE(std::ranges::any_of(sentences, [&](const auto& one) { return one.starts_with(mistake.sentence); }))
        << mistake.name;
  for (const auto& one : sentences)
    EXPECT_TRUE(std::ranges::any_of(mistakes, [&](const auto& mistake) { return mistake.sentence == one; })) << one;
}

TEST(Sdk, compiles_without_a_warning_from_a_strict_author) {
  const TemporaryFolder folder;
  const auto source = folder.write(
      "good.cpp",
      "#include <kirsch/module.h>\n#include <kirsch/body.h>\n#include <kirsch/stream.h>\n#include <kirsch/tasks.h>\n"
      "#include <kirsch/storage.h>\n#include <kirsch/simple_session_storage.h>\n#include <kirsch/websocket.h>\n"
      "struct Type { void before_handler(kirsch::Exchange& exchange) const { exchange.response().text(\"hi\"); } };\n"
      "KIRSCH_MODULE(\"m\", \"1.0.0\", kirsch::tool<Type>(\"t\"));\n");
  for (const std::string compiler : {"g++", "clang++-14"}) {
    if (!has_compiler(compiler)) continue;
    const auto result = compile(compiler, {"-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
                                           "-Wconversion", "-Werror", "-I" + sdk_folder().string(), source.string()});
    EXPECT_TRUE(result.done) << result.messages;
    EXPECT_EQ(result.messages, "");
  }
}

TEST(Sdk, every_header_compiles_alone) {
  for (const auto& entry : std::filesystem::directory_iterator(sdk_folder() / "kirsch")) {
    if (entry.path().filename() == "abi.h") continue;
    const TemporaryFolder folder;
    const auto source = folder.write("alone.cpp", "#include <kirsch/" + entry.path().filename().string() + ">\n");
    const auto result = compile("g++", {"-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                                        "-I" + sdk_folder().string(), source.string()});
    EXPECT_TRUE(result.done) << entry.path() << "\n" << result.messages;
  }
}

TEST(Abi, is_a_c_header_that_needs_nothing_else) {
  const TemporaryFolder folder;
  const auto source = folder.write("alone.c",
                                   "#include <kirsch/abi.h>\n"
                                   "_Static_assert(sizeof(kirsch_text) == 2 * sizeof(void*), \"no padding\");\n"
                                   "int main(void) { return KIRSCH_ABI_MAJOR; }\n");
  for (const std::string compiler : {"gcc", "clang-14"}) {
    if (!has_compiler(compiler)) continue;
    const auto result = compile(compiler, {"-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                                           "-I" + sdk_folder().string(), source.string()});
    EXPECT_TRUE(result.done) << compiler << " says\n" << result.messages;
  }
}

}  // namespace
}  // namespace kirsch::test
