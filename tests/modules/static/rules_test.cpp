// Conditions, ranges and negotiation, by the table rules.tsv.
#include <Poco/String.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "support/footprint.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return parts;
}

class StaticRules : public ::testing::Test {
 protected:
  StaticRules() {
    const std::pair<const char*, const char*> files[] = {
        {"a.txt", "0123456789"}, {"empty.txt", ""},        {"b.txt", "plain"},   {"b.txt.gz", "as gzip"},
        {"b.txt.br", "as br"},   {"b.txt.zst", "as zstd"}, {"stale.txt", "new"}, {"stale.txt.gz", "old"}};
    for (const auto& [name, text] : files) {
      folder_.write(name, text);
      const time_t modified = name == std::string("stale.txt.gz") ? 784111700 : 784111777;  // RFC 9110 5.6.7
      const timespec times[2] = {{modified, 0}, {modified, 0}};
      EXPECT_EQ(::utimensat(AT_FDCWD, (folder_.path() / name).c_str(), times, 0), 0);
    }
  }

  TemporaryFolder folder_;
};

Response ask(const Server& server, const std::string& request, const std::string& fields) {
  Client client(server);
  EXPECT_TRUE(client.send(request + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + "\r\n"));
  return request.starts_with("HEAD") ? client.read_without_body() : client.read();
}

void check(const Response& answer, const std::string& expected) {
  constexpr std::string_view in_body = " in the body";
  if (expected.starts_with('!')) {
    EXPECT_EQ(answer.field(expected.substr(1)), std::nullopt);
  } else if (expected.starts_with('=')) {
    EXPECT_EQ(answer.body, expected.substr(1));
  } else if (expected.ends_with(in_body)) {
    EXPECT_THAT(answer.body, HasSubstr(expected.substr(0, expected.size() - in_body.size())));
  } else if (const auto tilde = expected.find('~'); tilde != std::string::npos) {
    EXPECT_THAT(answer.field(expected.substr(0, tilde)).value_or(""), HasSubstr(expected.substr(tilde + 1)));
  } else {
    const auto colon = expected.find(": ");
    ASSERT_NE(colon, std::string::npos) << expected;
    EXPECT_EQ(answer.field(expected.substr(0, colon)), expected.substr(colon + 2));
  }
}

TEST_F(StaticRules, AreThoseOfTheTable) {
  const Server server(loopback("paths: { /: { handler: { static: { root: \"" + folder_.path().string() +
                               "\", precompressed: [br, zstd, gzip] } } } }\n"));
  const Footprint before(server, "/a.txt");
  const auto tag = get(server, "/a.txt").field("ETag").value();
  const auto tag_b = get(server, "/b.txt").field("ETag").value();
  const auto filled = [&](std::string text) {
    for (const auto& [name, value] :
         {std::pair{"{etag}", tag}, {"{bare}", tag.substr(1, tag.size() - 2)}, {"{etag:b}", tag_b}})
      Poco::replaceInPlace(text, std::string(name), value);
    return text;
  };
  std::ifstream table(source_folder() / "tests/modules/static/rules.tsv");
  std::size_t cases = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    const auto columns = split(line, "\t");
    ASSERT_GE(columns.size(), 4u) << line;
    SCOPED_TRACE("RFC 9110 " + columns[0] + ": " + columns[1] + ", " + columns[2].substr(0, 200));
    std::string fields;
    for (const auto& field : split(columns[2], " ; ")) {
      if (field.find(": ") != std::string::npos) fields += filled(field) + "\r\n";
    }
    const auto answer = ask(server, columns[1], fields);
    EXPECT_EQ(std::to_string(answer.status), columns[3]);
    if (columns.size() > 4) {
      for (const auto& expected : split(columns[4], " | ")) check(answer, filled(expected));
    }
    ++cases;
    before.expect_back();
  }
  EXPECT_GE(cases, 120u);
  EXPECT_EQ(get(server, "/a.txt").body, "0123456789");
}

TEST_F(StaticRules, SendSeveralRangesAsPartsThatSayTheirPlace) {
  const Server server(
      loopback("paths: { /: { handler: { static: { root: \"" + folder_.path().string() + "\" } } } }\n"));
  const auto answer = get(server, "/a.txt", "Range: bytes=4-5, 0-1\r\n");
  const auto type = answer.field("Content-Type").value_or("");
  const auto boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(answer.body,
            "\r\n--" + boundary +
                "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 4-5/10\r\n\r\n45\r\n--" +
                boundary +
                "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
                boundary + "--\r\n");
  EXPECT_EQ(answer.field("Content-Length"), std::to_string(answer.body.size()));
}

}  // namespace
}  // namespace kirsch::test
