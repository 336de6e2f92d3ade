// The keys of tickets and the names of certificates: plain rules, no library.
#include <gtest/gtest.h>

#include "net/tls/server_names.h"
#include "net/tls/ticket_keys.h"

namespace kirsch::net::tls {
namespace {

using namespace std::chrono_literals;

constexpr base::SteadyTime start{std::chrono::hours(1000)};

TEST(TicketKeysTest, AreOneForAllUntilTheyRotate) {
  TicketKeys keys(12h);
  const auto first = keys.current(start);
  ASSERT_TRUE(first);
  EXPECT_EQ(keys.current(start + 11h)->name, first->name);
  EXPECT_NE(keys.current(start + 12h)->name, first->name);
}

TEST(TicketKeysTest, AcceptTheOneBeforeAndRenewIt) {
  TicketKeys keys(12h);
  const auto first = keys.current(start);
  EXPECT_FALSE(keys.find(first->name, start + 1h)->renew);
  EXPECT_TRUE(keys.find(first->name, start + 13h)->renew);
  EXPECT_EQ(keys.find(first->name, start + 13h)->key.cipher, first->cipher);
  EXPECT_FALSE(keys.find(first->name, start + 25h));
}

TEST(TicketKeysTest, ForgetWhatIsTooOldThoughNobodyAsked) {
  TicketKeys keys(12h);
  const auto first = keys.current(start);
  EXPECT_FALSE(keys.find(first->name, start + 24h));
}

TEST(TicketKeysTest, DoNotKnowTheNamesOfOthers) {
  TicketKeys keys(12h);
  keys.current(start);
  EXPECT_FALSE(keys.find(TicketKeys(12h).current(start)->name, start));
}

TEST(TicketKeysTest, GoOnInAnotherProcess) {
  TicketKeys one(12h);
  const auto first = one.current(start);
  TicketKeys other(12h, one.seed(start + 1h));
  EXPECT_EQ(other.current(start + 2h)->mac, first->mac);
  for (const auto later : {13h, 30h, 200h})
    EXPECT_EQ(other.current(start + later)->name, one.current(start + later)->name);
  EXPECT_NE(one.current(start + 200h)->cipher, first->cipher);
}

TEST(TicketKeysTest, GiveAnotherProcessNoOldKeys) {
  TicketKeys one(12h);
  const auto first = one.current(start);
  TicketKeys other(12h, one.seed(start + 25h));
  for (const auto at : {start, start + 25h}) EXPECT_FALSE(other.find(first->name, at));
}

TEST(ServerNamesTest, PreferTheExactName) {
  ServerNames names;
  EXPECT_TRUE(names.add("*.example.org", 1));
  EXPECT_TRUE(names.add("www.example.org", 2));
  EXPECT_FALSE(names.add("WWW.example.org", 3));
  EXPECT_EQ(names.find("www.example.org"), 2U);
  EXPECT_EQ(names.find("Shop.Example.Org."), 1U);
}

TEST(ServerNamesTest, AStarIsOneWholeLabel) {
  ServerNames names;
  names.add("*.example.org", 1);
  EXPECT_EQ(names.find("a.b.example.org"), std::nullopt);
  EXPECT_EQ(names.find("example.org"), std::nullopt);
  EXPECT_EQ(names.find(".example.org"), std::nullopt);
  EXPECT_EQ(names.find("*.example.org"), 1U) << "as a label of its own, which no client sends";
  EXPECT_EQ(names.find(""), std::nullopt);
}

}  // namespace
}  // namespace kirsch::net::tls
