// Which site a host name belongs to.
#include "pipeline/host_table.h"

#include <gtest/gtest.h>

namespace kirsch::pipeline {
namespace {

TEST(HostTableTest, AnExactNameGoesBeforeAWildcardBeforeTheDefault) {
  HostTable table;
  EXPECT_FALSE(table.add("default", 0));
  EXPECT_FALSE(table.add("*.example.org", 1));
  EXPECT_FALSE(table.add("www.example.org", 2));
  EXPECT_FALSE(table.add("*.dev.example.org", 3));
  EXPECT_EQ(table.find("www.example.org"), 2U);
  EXPECT_EQ(table.find("shop.example.org"), 1U);
  EXPECT_EQ(table.find("a.b.example.org"), 1U);
  EXPECT_EQ(table.find("a.dev.example.org"), 3U);
  EXPECT_EQ(table.find("a.b.dev.example.org"), 3U);
  EXPECT_EQ(table.find("dev.example.org"), 1U);
  EXPECT_EQ(table.find("example.org"), 0U);
  EXPECT_EQ(table.find("badexample.org"), 0U);
  EXPECT_EQ(table.find(""), 0U);
}

TEST(HostTableTest, AWildcardNeedsSomethingBeforeItsDot) {
  HostTable table;
  table.add("*.example.org", 1);
  EXPECT_EQ(table.find(".example.org"), std::nullopt);
  EXPECT_EQ(table.find("example.org"), std::nullopt);
  EXPECT_EQ(table.find("x.example.org"), 1U);
}

TEST(HostTableTest, WithoutADefaultAnUnknownHostHasNoSite) {
  HostTable table;
  EXPECT_EQ(table.find("www.example.org"), std::nullopt);
  table.add("www.example.org", 0);
  EXPECT_EQ(table.find("example.org"), std::nullopt);
  EXPECT_EQ(table.find("default"), std::nullopt);
  EXPECT_EQ(table.find(""), std::nullopt);
  EXPECT_EQ(table.find("."), std::nullopt);
}

TEST(HostTableTest, NamesAreComparedWithoutCaseAndLastDot) {
  HostTable table;
  table.add("WWW.Example.ORG.", 1);
  table.add("*.Sub.Example.org", 2);
  EXPECT_EQ(table.find("www.example.org"), 1U);
  EXPECT_EQ(table.find("Www.eXample.org."), 1U);
  EXPECT_EQ(table.find("A.SUB.example.org."), 2U);
}

TEST(HostTableTest, TheSecondClaimOfAHostNamesTheFirstAndChangesNothing) {
  HostTable table;
  table.add("www.example.org", 4);
  table.add("*.example.org", 5);
  table.add("default", 6);
  EXPECT_EQ(table.add("WWW.example.org", 7), 4U);
  EXPECT_EQ(table.add("*.EXAMPLE.org.", 7), 5U);
  EXPECT_EQ(table.add("default", 7), 6U);
  EXPECT_EQ(table.find("www.example.org"), 4U);
  EXPECT_EQ(table.find("a.example.org"), 5U);
  EXPECT_EQ(table.find("other"), 6U);
}

TEST(HostTableTest, AddressesAreHostsToo) {
  HostTable table;
  table.add("[2001:db8::1]", 1);
  table.add("127.0.0.1", 2);
  table.add("localhost", 3);
  EXPECT_EQ(table.find("[2001:DB8::1]"), 1U);
  EXPECT_EQ(table.find("127.0.0.1"), 2U);
  EXPECT_EQ(table.find("localhost"), 3U);
}

TEST(HostTableTest, RefusesWhatIsNoHost) {
  HostTable table;
  for (const char* host : {"", "*", "*.", "www.*.org", "*.*.org", "a*.org", "example.org:80", "::1", ".example.org",
                           "a..b", "*..org", "www.example.org/x", "user@host", "a b", "."}) {
    try {
      table.add(host, 1, base::Position{"kirsch.yaml", 3, 7, 1});
      ADD_FAILURE() << "accepted '" << host << "'";
    } catch (const base::Refusal& refusal) {
      EXPECT_EQ(refusal.exit_code(), base::ExitCode::configuration);
      EXPECT_EQ(refusal.diagnostics().front().position->line, 3U);
    }
  }
}

TEST(HostTableTest, ALongHostileNameIsOnlyUnknown) {
  HostTable table;
  table.add("*.example.org", 1);
  EXPECT_EQ(table.find(std::string(100000, '.')), std::nullopt);
  EXPECT_EQ(table.find(std::string(100000, 'a') + ".example.org"), 1U);
}

}  // namespace
}  // namespace kirsch::pipeline
