// The router: each kind of pattern, what wins, what is refused, and agreement with a matcher that tries every pattern
// in turn.
#include "pipeline/router.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace kirsch::pipeline {
namespace {

using Patterns = std::vector<std::string>;

Router build(const Patterns& patterns) {
  Router::Builder builder;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) builder.add(patterns[i], i);
  return builder.build();
}

std::string_view view(kirsch_text text) { return {text.data, text.size}; }

// "pattern", "pattern redirect" or "none", and " name=value" per capture.
std::string answer(const Router& router, const Patterns& patterns, std::string_view path) {
  const auto match = router.find(path);
  if (!match) return "none";
  std::string result = patterns[match->target] + (match->redirect_to_slash ? " redirect" : "");
  for (const kirsch_pair& pair : match->captures())
    result.append(" ").append(view(pair.name)).append("=").append(view(pair.value));
  return result;
}

void expect(const Patterns& patterns, const std::vector<std::pair<std::string, std::string>>& cases) {
  const Router router = build(patterns);
  for (const auto& [path, expected] : cases) EXPECT_EQ(answer(router, patterns, path), expected) << path;
}

TEST(RouterTest, AnEmptyRouterMatchesNothing) {
  EXPECT_FALSE(Router().find("/"));
  EXPECT_FALSE(Router::Builder().build().find("/"));
  EXPECT_FALSE(Router::Builder().build().find(""));
}

TEST(RouterTest, APatternWithoutALastSlashIsThatPathAlone) {
  expect({"/about", "/about/team"}, {{"/about", "/about"},
                                     {"/about/team", "/about/team"},
                                     {"/about/", "none"},
                                     {"/about/teams", "none"},
                                     {"/about/tea", "none"},
                                     {"/abou", "none"},
                                     {"/aboutx", "none"},
                                     {"/About", "none"},
                                     {"/", "none"}});
}

TEST(RouterTest, APatternWithALastSlashIsEverythingBelowAndRedirectsWithoutIt) {
  expect({"/api/"}, {{"/api/", "/api/"},
                     {"/api/x", "/api/"},
                     {"/api/x/y/", "/api/"},
                     {"/api//", "/api/"},
                     {"/api", "/api/ redirect"},
                     {"/apis", "none"},
                     {"/ap", "none"},
                     {"/", "none"}});
}

TEST(RouterTest, TheRootAsPrefixAnswersEverythingAndAsExactTheRootAlone) {
  expect({"/"}, {{"/", "/"}, {"/x", "/"}, {"/x/y", "/"}, {"", "none"}, {"*", "none"}, {"x/", "none"}});
  expect({"= /"}, {{"/", "= /"}, {"/x", "none"}, {"//", "none"}});
  expect({"/", "= /"}, {{"/", "= /"}, {"/x", "/"}, {"//", "/"}});
}

TEST(RouterTest, ANameIsOneWholeNonEmptySegment) {
  expect({"/users/{id}"}, {{"/users/42", "/users/{id} id=42"},
                           {"/users/a b", "/users/{id} id=a b"},
                           {"/users/", "none"},
                           {"/users", "none"},
                           {"/users/42/", "none"},
                           {"/users/42/x", "none"}});
  expect({"/{one}/{two}"}, {{"/a/b", "/{one}/{two} one=a two=b"}, {"//b", "none"}, {"/a/", "none"}, {"/a", "none"}});
}

TEST(RouterTest, ANameWithinAPrefix) {
  expect({"/users/{id}/"}, {{"/users/42/", "/users/{id}/ id=42"},
                            {"/users/42/posts/7", "/users/{id}/ id=42"},
                            {"/users/42", "/users/{id}/ redirect id=42"},
                            {"/users//", "none"},
                            {"/users/", "none"}});
}

TEST(RouterTest, TheExactPathGoesBeforeTheRedirectAndTheRedirectBeforeShorterPrefixes) {
  expect({"/", "/api/", "/api"}, {{"/api", "/api"}, {"/api/", "/api/"}, {"/other", "/"}});
  expect({"/api", "/api/"}, {{"/api", "/api"}, {"/api/x", "/api/"}});
  expect({"/", "/api/"}, {{"/api", "/api/ redirect"}, {"/ap", "/"}});
  expect({"/{page}", "/api/"}, {{"/api", "/{page} page=api"}, {"/api/", "/api/"}});
}

TEST(RouterTest, TheLongestPrefixAnswersWhereNothingBelowMatches) {
  expect({"/", "/a/", "/a/b/", "/a/b/c"}, {{"/a/b/c", "/a/b/c"},
                                           {"/a/b/cd", "/a/b/"},
                                           {"/a/b/c/", "/a/b/"},
                                           {"/a/bb", "/a/"},
                                           {"/a/b", "/a/b/ redirect"},
                                           {"/ab", "/"}});
}

TEST(RouterTest, ALiteralGoesBeforeANameAtEachSegment) {
  expect({"/users/me", "/users/{id}"},
         {{"/users/me", "/users/me"}, {"/users/mee", "/users/{id} id=mee"}, {"/users/m", "/users/{id} id=m"}});
  expect({"/{a}/x", "/x/{b}"}, {{"/x/x", "/x/{b} b=x"}, {"/y/x", "/{a}/x a=y"}, {"/y/y", "none"}});
}

TEST(RouterTest, ALiteralThatLeadsNowhereIsTakenBack) {
  expect({"/users/me/photo", "/users/{id}/edit", "/{any}/{thing}/else"},
         {{"/users/me/edit", "/users/{id}/edit id=me"},
          {"/users/me/photo", "/users/me/photo"},
          {"/users/me/else", "/{any}/{thing}/else any=users thing=me"},
          {"/users/me/none", "none"}});
}

TEST(RouterTest, AnExactPathWithANameGoesBeforeALiteralPrefix) {
  expect({"/users/me/", "/users/{id}/edit"},
         {{"/users/me/edit", "/users/{id}/edit id=me"}, {"/users/me/other", "/users/me/"}});
}

TEST(RouterTest, AmongPrefixesOfOneLengthTheLiteralOneAnswersAndALongerOneBeforeBoth) {
  expect({"/a/{x}/", "/{y}/b/", "/{p}/{q}/c/"}, {{"/a/b/x", "/a/{x}/ x=b"},
                                                 {"/z/b/x", "/{y}/b/ y=z"},
                                                 {"/a/b/c/x", "/{p}/{q}/c/ p=a q=b"},
                                                 {"/a/b/c", "/{p}/{q}/c/ redirect p=a q=b"}});
}

TEST(RouterTest, NamesBelongToThePatternThatAnswers) {
  expect({"/u/{id}", "/u/{user}/posts/{post}", "/u/{owner}/files/"},
         {{"/u/7", "/u/{id} id=7"},
          {"/u/7/posts/8", "/u/{user}/posts/{post} user=7 post=8"},
          {"/u/7/files/x", "/u/{owner}/files/ owner=7"}});
}

TEST(RouterTest, PatternsThatShareBytesWithinASegmentStayApart) {
  expect({"/romane", "/romanus", "/romulus", "/rubens", "/ruber/", "/rub"}, {{"/romane", "/romane"},
                                                                             {"/romanus", "/romanus"},
                                                                             {"/roman", "none"},
                                                                             {"/rub", "/rub"},
                                                                             {"/ruber", "/ruber/ redirect"},
                                                                             {"/ruber/x", "/ruber/"},
                                                                             {"/rubensx", "none"}});
}

TEST(RouterTest, AnyByteOfAPathIsComparedAsItIs) {
  const std::string nul("/a\0b", 4);
  expect({"/\xc3\xa9t\xc3\xa9", "/a b", "/\xff"}, {{"/\xc3\xa9t\xc3\xa9", "/\xc3\xa9t\xc3\xa9"},
                                                   {"/a b", "/a b"},
                                                   {"/\xff", "/\xff"},
                                                   {nul, "none"},
                                                   {std::string("/\0", 2), "none"}});
}

TEST(RouterTest, SixteenNamesAreCapturedAndAManySegmentedPathIsOnlyLong) {
  Patterns patterns(1);
  std::string path;
  std::string expected;
  for (int i = 0; i < 16; ++i) {
    patterns[0] += "/{p" + std::to_string(i) + "}";
    path += "/" + std::to_string(i * i);
    expected += " p" + std::to_string(i) + "=" + std::to_string(i * i);
  }
  const Router router = build(patterns);
  EXPECT_EQ(answer(router, patterns, path), patterns[0] + expected);
  EXPECT_EQ(answer(router, patterns, path + "/more"), "none");
  std::string endless;
  for (int i = 0; i < 10000; ++i) endless += "/x";
  EXPECT_EQ(answer(router, patterns, endless), "none");
}

TEST(RouterTest, EverySegmentOfTheLongestPatternMayBeAChoice) {
  // At each of the 64 segments a {name} stands beside the literal, and all of them must be tried in vain.
  Patterns patterns;
  std::string literal;
  for (int i = 0; i < 64; ++i) {
    patterns.push_back(literal + "/{name}" + (i < 63 ? "/end" : ""));
    literal += "/x";
  }
  patterns.push_back(literal);
  const Router router = build(patterns);
  EXPECT_EQ(answer(router, patterns, literal), literal);
  EXPECT_EQ(answer(router, patterns, literal + "/x"), "none");
  EXPECT_EQ(answer(router, patterns, literal.substr(2) + "/y"), patterns[63] + " name=y");
  EXPECT_EQ(answer(router, patterns, literal.substr(2) + "/y/z"), "none");
  EXPECT_EQ(answer(router, patterns, "/x/x/end"), "/x/{name}/end name=x");
}

TEST(RouterTest, RefusesWhatIsNoPatternAndSaysWhere) {
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "/x";
  std::string many;
  for (int i = 0; i < 17; ++i) many += "/{p" + std::to_string(i) + "}";
  const std::string huge = "/" + std::string(Router::max_pattern_size, 'x');
  for (const std::string& pattern :
       Patterns{"",        "about", "=/",   "= /about", "//",   "/a//b",  "/a/./b", "/..",
                "/a\nb",   "/a?b",  "/a#b", "/{}",      "/{1}", "/{a b}", "/x{id}", "/{id}.html",
                "/{a}{b}", "/{id",  "/id}", "/{a}/{a}", deep,   many,     huge}) {
    Router::Builder builder;
    try {
      builder.add(pattern, 0, base::Position{"kirsch.yaml", 12, 7, 4});
      ADD_FAILURE() << "accepted '" << pattern << "'";
    } catch (const base::Refusal& refusal) {
      EXPECT_EQ(refusal.exit_code(), base::ExitCode::configuration);
      EXPECT_EQ(refusal.diagnostics().front().position->line, 12U);
    }
  }
}

TEST(RouterTest, RefusesTwoPatternsForTheSamePathsWhateverTheirNames) {
  for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
           {"/about", "/about"}, {"/", "/"}, {"= /", "= /"}, {"/u/{id}", "/u/{name}"}, {"/u/{a}/", "/u/{b}/"}}) {
    Router::Builder builder;
    builder.add(first, 0);
    try {
      builder.add(second, 1);
      ADD_FAILURE() << "accepted " << second;
    } catch (const base::Refusal& refusal) {
      EXPECT_NE(std::string(refusal.what()).find("'" + first + "'"), std::string::npos) << refusal.what();
    }
  }
  Router::Builder builder;
  builder.add("/", 0);
  builder.add("= /", 1);
  builder.add("/u/{id}", 2);
  EXPECT_NO_THROW(builder.add("/u/{id}/", 3));
}

TEST(RouterTest, ABuilderThatRefusedAPatternStillBuildsTheOthers) {
  Router::Builder builder;
  builder.add("/a", 5);
  EXPECT_THROW(builder.add("/a", 6), base::Refusal);
  EXPECT_EQ(builder.build().find("/a")->target, 5U);
}

TEST(RouterTest, TenThousandRoutesAreAllFound) {
  Router::Builder builder;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const std::string n = std::to_string(i);
    builder.add(i % 3 == 0 ? "/r" + n + "/{id}/x" : i % 3 == 1 ? "/r" + n + "/" : "/static/" + n, i);
  }
  const Router router = builder.build();
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const std::string n = std::to_string(i);
    const std::string path = i % 3 == 0 ? "/r" + n + "/v/x" : i % 3 == 1 ? "/r" + n + "/v/x/y" : "/static/" + n;
    const auto match = router.find(path);
    ASSERT_TRUE(match) << path;
    EXPECT_EQ(match->target, i);
    EXPECT_EQ(match->captures().size(), i % 3 == 0 ? 1U : 0U);
  }
}

// ---- Against a matcher that knows no tree ----

std::vector<std::string> segments_of(std::string_view path) {  // "/a/b/" → a, b, ""
  std::vector<std::string> result;
  for (std::size_t begin = 1;;) {
    const std::size_t end = path.find('/', begin);
    result.emplace_back(path.substr(begin, end - begin));
    if (end == std::string_view::npos) return result;
    begin = end + 1;
  }
}

bool is_parameter(const std::string& segment) { return segment.starts_with('{'); }

struct Candidate {
  bool exact;
  std::size_t length;
  std::vector<bool> literal;  // per segment
  std::string answer;
  bool operator<(const Candidate& other) const {
    return std::tie(exact, length, literal) < std::tie(other.exact, other.length, other.literal);
  }
};

std::optional<Candidate> try_pattern(const std::string& pattern, const std::string& path) {
  if (pattern == "= /") return path == "/" ? std::optional(Candidate{true, 1, {true}, pattern}) : std::nullopt;
  std::vector<std::string> want = segments_of(pattern);
  const std::vector<std::string> have = segments_of(path);
  const bool prefix = want.back().empty();
  if (prefix) want.pop_back();
  if (have.size() < want.size() || (!prefix && have.size() > want.size())) return std::nullopt;
  const bool redirect = prefix && have.size() == want.size();
  Candidate result{!prefix, want.size(), {}, pattern + (redirect ? " redirect" : "")};
  for (std::size_t i = 0; i < want.size(); ++i) {
    result.literal.push_back(!is_parameter(want[i]));
    if (!is_parameter(want[i]) && want[i] != have[i]) return std::nullopt;
    if (!is_parameter(want[i])) continue;
    if (have[i].empty()) return std::nullopt;
    result.answer += " " + want[i].substr(1, want[i].size() - 2) + "=" + have[i];
  }
  return result;
}

std::string naive(const Patterns& patterns, const std::string& path) {
  std::optional<Candidate> best;
  for (const std::string& pattern : patterns) {
    auto candidate = try_pattern(pattern, path);
    if (candidate && (!best || *best < *candidate)) best = std::move(candidate);
  }
  return best ? best->answer : "none";
}

class Randomness {
 public:
  explicit Randomness(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  std::string word() {  // few and similar ones, so that edges split and places are taken back
    static const Patterns words = {"a", "b", "ab", "abc", "abd", "ba", "a b"};
    return words[below(words.size())];
  }
  std::string pattern() {
    if (below(12) == 0) return below(2) ? "/" : "= /";
    std::string result;
    const std::size_t depth = 1 + below(5);
    for (std::size_t i = 0; i < depth; ++i)
      result += below(3) == 0 ? "/{n" + std::to_string(below(3)) + std::to_string(i) + "}" : "/" + word();
    return result + (below(3) == 0 ? "/" : "");
  }
  std::string path() {
    std::string result;
    const std::size_t depth = below(7);
    for (std::size_t i = 0; i < depth; ++i) result += below(15) == 0 ? "/" : "/" + word();
    return depth == 0 || below(4) == 0 ? result + "/" : result;
  }

 private:
  std::mt19937 engine_;
};

TEST(RouterTest, AgreesWithAMatcherThatTriesEveryPattern) {
  Randomness random(20240917);
  std::size_t answered = 0;
  for (int round = 0; round < 300; ++round) {
    Patterns patterns;
    Router::Builder builder;
    const std::size_t count = 1 + random.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string pattern = random.pattern();
      try {
        builder.add(pattern, static_cast<std::uint32_t>(patterns.size()));
        patterns.push_back(pattern);
      } catch (const base::Refusal&) {  // the same as an earlier one
      }
    }
    const Router router = builder.build();
    for (int i = 0; i < 100; ++i) {
      const std::string path = random.path();
      const std::string expected = naive(patterns, path);
      ASSERT_EQ(answer(router, patterns, path), expected) << path << " in round " << round;
      answered += expected != "none";
    }
  }
  EXPECT_GT(answered, 10000U);
}

}  // namespace
}  // namespace kirsch::pipeline
