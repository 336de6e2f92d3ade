// Broken configurations: each with the place and the sentence that the operator must see first.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ostream>
#include <string>

#include "sample.h"

namespace kirsch::config {
namespace {

struct Broken {
  const char* name;
  std::string text;
  std::uint32_t line;
  std::uint32_t column;
  const char* code;
  const char* message;  // a part of it
  const char* advice;   // a part of note or help
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class BrokenConfiguration : public testing::TestWithParam<Broken> {};

TEST_P(BrokenConfiguration, IsRefusedWithPlaceAndSentence) {
  const Broken& broken = GetParam();
  ::unsetenv("KIRSCH_TEST_UNSET");
  const std::vector<base::Diagnostic> found = faults(broken.text);
  ASSERT_FALSE(found.empty()) << broken.text;
  const base::Diagnostic& first = found.front();
  ASSERT_TRUE(first.position.has_value());
  EXPECT_EQ(first.position->file, "/etc/kirsch/kirsch.yaml");
  EXPECT_EQ(first.position->line, broken.line) << text(first);
  EXPECT_EQ(first.position->column, broken.column) << text(first);
  EXPECT_EQ(first.code, broken.code) << text(first);
  EXPECT_NE(first.message.find(broken.message), std::string::npos) << text(first);
  EXPECT_NE((first.note + " | " + first.help).find(broken.advice), std::string::npos) << text(first);
  EXPECT_EQ(first.exit_code, base::ExitCode::configuration);
}

const std::string head = "version: 1\nlisteners: { web: { bind: \"127.0.0.1:0\" } }\n";  // lines 1 and 2

const Broken texts[] = {
    {"Tab", head + "paths:\n\t/: {}\n", 4, 1, "C005", "a tab in the indentation", "spaces"},
    {"TabAfterSpaces", head + "paths:\n  \t/: {}\n", 4, 3, "C005", "a tab in the indentation", "spaces"},
    {"DuplicateKey", head + "tools: {}\nlogs: {}\ntools: {}\n", 5, 1, "C007", "'tools' stands here twice",
     "first at 3:1"},
    {"DuplicateFlowKey", head + "tools: { a: {}, b: {}, a: {} }\n", 3, 24, "C007", "'a' stands here twice", "3:10"},
    {"Anchor", head + "tools: &x {}\n", 3, 8, "C008", "anchors are not supported: &x", "pipelines"},
    {"Alias", head + "tools: *x\n", 3, 8, "C008", "aliases are not supported", "pipelines"},
    {"Tag", head + "tools: !!python/object {}\n", 3, 8, "C008", "tags are not supported", "remove it"},
    {"LocalTag", head + "tools: ! {}\n", 3, 8, "C008", "tags are not supported", "remove it"},
    {"TaggedText", "version: !!int 1\n", 1, 10, "C008", "tags are not supported", "remove it"},
    {"MergeKey", head + "tools:\n  <<: { a: {} }\n", 4, 3, "C008", "merge keys are not supported", "pipelines"},
    {"Directive", "%YAML 1.2\n---\nversion: 1\n", 1, 1, "C008", "directives are not supported", "remove"},
    {"SecondDocument", head + "---\nversion: 1\n", 3, 1, "C009", "second document", "one document per file"},
    {"TextBehindTheEnd", head + "...\nmore\n", 4, 1, "C009", "has ended", "indentation"},
    {"ListBesideMapping", "- a\nversion: 1\n", 2, 1, "C009", "has ended", "indentation"},
    {"ByteOrderMark", "\xEF\xBB\xBFversion: 1\n", 1, 1, "C004", "byte order mark", "UTF-8 without BOM"},
    {"Utf16", std::string("\xFF\xFEv\0e\0", 6), 1, 1, "C004", "UTF-16", "UTF-8"},
    {"Utf16WithoutMark", std::string("v\0e\0r\0", 6), 1, 1, "C004", "UTF-16", "UTF-8"},
    {"Latin1",
     head + "# Gr\xFC\xDF"
            "e\n",
     3, 5, "C004", "not UTF-8", "UTF-8"},
    {"Nul", head + std::string("a: \0b\n", 6), 3, 4, "C004", "NUL", "remove"},
    {"EscapedNul", head + "tools: { \"a\\0b\": {} }\n", 3, 10, "C004", "NUL", "escape"},
    {"ControlCharacter", head + "# \x1b[2J\n", 3, 3, "C004", "control character", "escape"},
    {"LoneReturn", "version: 1\rlogs: {}\n", 1, 11, "C004", "carriage return", "line feed"},
    {"TooDeep", head + "tools: " + std::string(64, '[') + std::string(64, ']'), 3, 71, "C003", "more than 64 levels",
     ""},
    {"FoldedText", head + "logs: { error: { to:\n  a\n  b } }\n", 4, 3, "C010", "continues on the next line", "quotes"},
    {"KeyUnderValue", "version: 1\n  listeners: {}\n", 1, 10, "C010", "continues on the next line", "indentation"},
    {"TwoValues", "version: 1: 2\n", 1, 11, "C006", "a second ': '", "quotes"},
    {"OpenList", head + "sites: [ { hosts: [a, b }\n", 3, 25, "C006", "',' or ']' is missing here",
     "'[' is open since 3:19"},
    {"OpenMapping", head + "tools: { sessions: {}\n", 3, 8, "C006", "'{' is not closed", "add '}'"},
    {"OpenQuoteInBrackets", head + "tools: { \"a: {} }\n", 3, 10, "C006", "quotes is not closed", "closing quote"},
    {"FoldedInBrackets", head + "plugins: { path: [a, b\nlogs: {}\n", 3, 22, "C010", "continues on the next line",
     "close the bracket"},
    {"OpenQuote", head + "tools:\n  \"a: {}\n", 4, 3, "C006", "quotes is not closed", "closing quote"},
    {"CloserTooMany", head + "tools: {}}\n", 3, 10, "C006", "closing bracket", ""},
    {"Backtick", head + "tools: `x`\n", 3, 8, "C006", "cannot begin with", "quotes"},
    {"Percent", head + "tools: %x\n", 3, 8, "C006", "cannot begin with", "quotes"},
    {"DashInValue", head + "sites: - hosts: [a]\n", 3, 8, "C006", "'- ' cannot begin here", "line of its own"},
    {"Outdented", head + "tools:\n    sessions: {}\n  compress: {}\n", 5, 3, "C006", "does not continue",
     "indentation"},
    {"TextBehindQuotes", head + "tools: { a: \"x\" y }\n", 3, 17, "C006", "',' or '}' is missing here",
     "'{' is open since 3:8"},
    {"ListAsKey", head + "tools: { [a]: {} }\n", 3, 10, "C006", "a key must be text", "quotes"},
    {"Empty", "", 1, 1, "C014", "wants a mapping, not nothing", "version"},
    {"OnlyText", "hello\n", 1, 1, "C014", "wants a mapping, not 'hello'", "version"},
    {"NoVersion", "listeners: { web: { bind: \"127.0.0.1:0\" } }\n", 1, 1, "C013", "needs the key 'version'",
     "version: 1"},
    {"OtherVersion", "version: 2\nlisteners: { web: { bind: \"127.0.0.1:0\" } }\n", 1, 10, "C015", "version 2",
     "knows version 1"},
    {"UnknownTopKey", head + "pluginz: {}\n", 3, 1, "C011", "has no key 'pluginz'", "did you mean 'plugins'?"},
    {"NoListeners", "version: 1\n", 1, 1, "C013", "needs the key 'listeners'", "bind"},
    {"EmptyListeners", "version: 1\nlisteners: {}\n", 2, 12, "C014", "at least one name", "bind"},
    {"ListenerWithoutBind", "version: 1\nlisteners: { web: {} }\n", 2, 14, "C013",
     "listener 'web' needs the option 'bind'", "bind"},
    {"BindPortAlone", "version: 1\nlisteners: { web: { bind: 8080 } }\n", 2, 27, "C024", "wants an address, not '8080'",
     "127.0.0.1:8080"},
    {"BindHostName", "version: 1\nlisteners: { web: { bind: \"localhost:80\" } }\n", 2, 27, "C024", "wants an address",
     "127.0.0.1:80"},
    {"BindBareIpv6", "version: 1\nlisteners: { web: { bind: \"::1:80\" } }\n", 2, 27, "C024", "wants an address",
     "brackets"},
    {"BindPortTooLarge", "version: 1\nlisteners: { web: { bind: \"127.0.0.1:65536\" } }\n", 2, 27, "C024", "address",
     "0 to 65535"},
    {"BindStar", "version: 1\nlisteners: { web: { bind: \"*:80\" } }\n", 2, 27, "C024", "address", "[::]:80"},
    {"BindLongSocketPath", "version: 1\nlisteners: { web: { bind: \"unix:/" + std::string(120, 'x') + "\" } }\n", 2, 27,
     "C024", "address", "at most 107"},
    {"BindTwice", "version: 1\nlisteners:\n  a: { bind: \"[::]:80\" }\n  b: { bind: \"[0::0]:80\" }\n", 4, 14, "C022",
     "has the address of listener 'a'", "first at 3:14"},
    {"TlsForLater", "version: 1\nlisteners:\n  a: { bind: \"[::]:443\", tls: {} }\n", 3, 26, "C020",
     "'tls' of listener 'a' is not supported yet", "remove"},
    {"RedirectForLater", "version: 1\nlisteners:\n  a: { bind: \"[::]:80\", redirect: https }\n", 3, 25, "C020",
     "'redirect' of listener 'a'", "remove"},
    {"UnknownServerKey", head + "server: { worker: 3 }\n", 3, 11, "C011", "'server' has no option 'worker'",
     "'workers'"},
    {"KeeperForLater", head + "server: { keeper: on }\n", 3, 11, "C020", "'keeper' of 'server' is not supported yet",
     ""},
    {"OctalInteger", head + "server: { workers: 010 }\n", 3, 20, "C014", "wants a whole decimal number, not '010'",
     "leading zeros"},
    {"HexInteger", head + "server: { workers: 0x10 }\n", 3, 20, "C014", "decimal", "as a decimal number"},
    {"UnderscoredInteger", head + "server: { limits: { connections: 10_000 } }\n", 3, 34, "C014", "decimal",
     "without separators"},
    {"IntegerTooSmall", head + "server: { workers: 0 }\n", 3, 20, "C015", "wants at least 1, not '0'", ""},
    {"IntegerTooLarge", head + "server: { workers: 99999999999999999999 }\n", 3, 20, "C014", "decimal", "64 bits"},
    {"LoopsWord", head + "server: { loops: many }\n", 3, 18, "C014", "wants auto or a whole decimal number, not 'many'",
     ""},
    {"DurationWithoutUnit", head + "server: { drain: 30 }\n", 3, 18, "C014", "wants a duration, not '30'", "30s"},
    {"DurationInWords", head + "server: { drain: 30 seconds }\n", 3, 18, "C014", "wants a duration", "write 30s"},
    {"DurationFraction", head + "server: { drain: 1.5h }\n", 3, 18, "C014", "wants a duration",
     "one number and one unit"},
    {"DurationTooLong", head + "server: { drain: 9999999999d }\n", 3, 18, "C014", "wants a duration", "too large"},
    {"SizeInDecimalUnit", head + "server: { limits: { body: 1MB } }\n", 3, 27, "C014", "wants a size, not '1MB'",
     "write 1MiB"},
    {"SizeNegative", head + "server: { limits: { body: -1 } }\n", 3, 27, "C014", "wants a size", "512"},
    {"BooleanYes", head + "server: { allow_root: yes }\n", 3, 23, "C014", "wants true or false, not 'yes'",
     "write true"},
    {"BooleanOff", head + "server: { allow_root: off }\n", 3, 23, "C014", "wants true or false, not 'off'",
     "write false"},
    {"BooleanCapital", head + "server: { allow_root: True }\n", 3, 23, "C014", "wants true or false", "write true"},
    {"FieldLongerThanBlock", head + "server: { limits: { header_field: 16KiB, header_block: 1KiB } }\n", 3, 11, "C015",
     "header_field", "raise header_block"},
    {"LogLevel", head + "logs: { error: { level: warn } }\n", 3, 25, "C014",
     "wants debug, info, warning or error, not 'warn'", "'warning'"},
    {"LogsNothing", head + "logs:\n", 3, 1, "C014", "'logs' wants a mapping, not nothing", "write {}"},
    {"PathsWithoutList", head + "plugins: { path: /usr/lib }\n", 3, 18, "C014", "wants a list, not '/usr/lib'",
     "write [/usr/lib]"},
    {"UnknownPlugin", head + "engine: { signal: {} }\n", 3, 11, "C012", "unknown plugin 'signal'", "'signals'"},
    {"PluginPriority", head + "engine: { signals: { priority: 101 } }\n", 3, 32, "C015", "at most 100", ""},
    {"UnknownTool", head + "tools:\n  secure_headers: { hsts: off }\n", 4, 3, "C012", "unknown tool 'secure_headers'",
     "did you mean 'secureheaders'? | modules (.so files) are looked for in /usr/lib/kirsch/plugins"},
    {"UnknownOption", head + "tools: { secureheaders: { hsts: { maxage: 1d } } }\n", 3, 35, "C011",
     "has no option 'maxage'", "'max_age'"},
    {"ToolNothing", head + "tools:\n  sessions:\n", 4, 3, "C014", "tool 'sessions' wants a mapping, not nothing",
     "write {}"},
    {"ToolOn", head + "tools: { sessions: on }\n", 3, 20, "C014", "or off, not 'on'", "sessions: {}"},
    {"DurationStep", head + "tools: { sessions: { timeout: 1500ms } }\n", 3, 31, "C015", "steps of 1s", ""},
    {"DurationRange", head + "tools: { sessions: { timeout: 2d } }\n", 3, 31, "C015", "wants at most 1d, not '2d'", ""},
    {"UnknownProvider", head + "tools: { sessions: { storage: { rediss: {} } } }\n", 3, 33, "C012",
     "unknown provider 'rediss' of service 'storage'", "'redis'"},
    {"ProviderAsText", head + "tools: { sessions: { storage: redis } }\n", 3, 31, "C014", "one provider",
     "one of: memory, redis"},
    {"TwoProviders", head + "tools: { sessions: { storage: { redis: {}, memory: {} } } }\n", 3, 31, "C014",
     "one provider", ""},
    {"ProviderMisses", head + "tools: { sessions: { storage: { redis: {} } } }\n", 3, 33, "C013",
     "provider 'redis' needs the option 'url'", ""},
    {"MissingOption", head + "tools: { gate: {} }\n", 3, 10, "C013", "tool 'gate' needs the option 'realm'", ""},
    {"BadNetwork", head + "tools: { gate: { realm: x, allow: [10.0.0.1/8] } }\n", 3, 36, "C014", "not '10.0.0.1/8'",
     "must be 0"},
    {"NetworkTooWide", head + "tools: { gate: { realm: x, allow: [10.0.0.0/33] } }\n", 3, 36, "C014",
     "address or network", "0 to 32"},
    {"UnsetVariable", head + "tools: { gate: { realm: \"${KIRSCH_TEST_UNSET}\" } }\n", 3, 25, "C016",
     "'KIRSCH_TEST_UNSET' is not set", ":-default"},
    {"OpenVariable", head + "tools: { gate: { realm: \"${HOME\" } }\n", 3, 25, "C016", "not closed", "$${"},
    {"MissingSecretFile", head + "tools: { gate: { realm: x, users: { a: \"file:/nonexistent/s\" } } }\n", 3, 40,
     "C017", "'/nonexistent/s' cannot be read", ""},
    {"UnknownPipeline", head + "pipelines: { members: {} }\ntools: { use: [member] }\n", 4, 16, "C023",
     "unknown pipeline 'member'", "'members'"},
    {"UseAsText", head + "pipelines: { members: {} }\ntools: { use: members }\n", 4, 15, "C014", "list of pipelines",
     "[members]"},
    {"NestedPipelines", head + "pipelines: { a: {}, b: { use: [a] } }\n", 3, 26, "C011", "cannot use others", ""},
    {"ErrorInUnusedPipeline", head + "pipelines: { a: { sessions: { timeout: soon } } }\n", 3, 40, "C014",
     "wants a duration", ""},
    {"ReservedKeyType", head + "tools: { sessions: { on: yes } }\n", 3, 26, "C014", "'on' of tool 'sessions'",
     "write true"},
    {"RelativePath", head + "paths: { api/: {} }\n", 3, 10, "C021", "does not begin with a slash", "write /api/"},
    {"DotDotPath", head + "paths: { /a/../b: {} }\n", 3, 10, "C021", "dot segment", ""},
    {"DoubleSlashPath", head + "paths: { /a//b: {} }\n", 3, 10, "C021", "empty segment", ""},
    {"QueryPath", head + "paths: { \"/a?b\": {} }\n", 3, 10, "C021", "query", ""},
    {"FragmentPath", head + "paths: { \"/a#b\": {} }\n", 3, 10, "C021", "fragment", ""},
    {"BracePath", head + "paths:\n  /a{b}: {}\n", 4, 3, "C021", "braces", "/{name}/"},
    {"ParameterName", head + "paths:\n  /{1a}: {}\n", 4, 3, "C021", "is no name", ""},
    {"ParameterTwice", head + "paths:\n  /{a}/{a}: {}\n", 4, 3, "C021", "{a} twice", ""},
    {"StarPath", head + "paths: { /a/*: {} }\n", 3, 10, "C021", "star", "/path/"},
    {"EqualPath", head + "paths: { = /a: {} }\n", 3, 10, "C021", "only '= /'", ""},
    {"SamePattern", head + "paths:\n  /u/{id}: {}\n  /u/{name}: {}\n", 5, 3, "C022", "matches the same as '/u/{id}'",
     "first at 4:3"},
    {"PathKey", head + "paths: { /: { handlr: {} } }\n", 3, 15, "C011", "path '/' has no key 'handlr'", "'handler'"},
    {"PathNothing", head + "paths:\n  /:\n", 4, 3, "C014", "path '/' wants a mapping", "handler, tools"},
    {"UnknownHandler", head + "paths: { /: { handler: { statics: {} } } }\n", 3, 26, "C012",
     "unknown handler 'statics'", "'static'"},
    {"HandlerAsText", head + "paths: { /: { handler: static } }\n", 3, 24, "C014", "one name to its options",
     "{ static: {} }"},
    {"TwoHandlers", head + "paths: { /: { handler: { static: {}, respond: {} } } }\n", 3, 24, "C014", "one name", ""},
    {"HandlerMisses", head + "paths: { /: { handler: { static: {} } } }\n", 3, 26, "C013",
     "handler 'static' needs the option 'root'", ""},
    {"StatusTooLarge", head + "paths: { /: { handler: { respond: { status: 600 } } } }\n", 3, 45, "C015", "at most 599",
     ""},
    {"SitesAndPaths", head + "sites: [ { paths: {} } ]\npaths: {}\n", 4, 1, "C014", "belongs to no site",
     "hosts: [default]"},
    {"SitesAsMapping", head + "sites: { hosts: [a] }\n", 3, 8, "C014", "list of at least one site", "- hosts"},
    {"SiteKey", head + "sites: [ { host: [a] } ]\n", 3, 12, "C011", "a site has no key 'host'", "'hosts'"},
    {"HostWithPort", head + "sites: [ { hosts: [\"a.example:80\"] } ]\n", 3, 20, "C025", "wants a host",
     "leave out the port"},
    {"HostWithScheme", head + "sites: [ { hosts: [\"https://a.example\"] } ]\n", 3, 20, "C025", "wants a host",
     "scheme"},
    {"HostStar", head + "sites: [ { hosts: [\"*\"] } ]\n", 3, 20, "C025", "wants a host", "default"},
    {"HostStarInside", head + "sites: [ { hosts: [\"a.*.example\"] } ]\n", 3, 20, "C025", "wants a host",
     "*.example.org"},
    {"HostTwice", head + "sites:\n  - hosts: [a.example]\n  - hosts: [b.example, A.example.]\n", 5, 24, "C022",
     "'a.example' is claimed twice", "first at 4:13"},
    {"UnknownListener", head + "sites: [ { listeners: [wev] } ]\n", 3, 24, "C023", "unknown listener 'wev'", "'web'"},
};

INSTANTIATE_TEST_SUITE_P(Corpus, BrokenConfiguration, testing::ValuesIn(texts),
                         [](const testing::TestParamInfo<Broken>& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace kirsch::config
