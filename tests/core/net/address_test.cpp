// Addresses: the texts that are understood and the ones that are not.
#include "net/address.h"

#include <gtest/gtest.h>

namespace kirsch::net {
namespace {

TEST(AddressTest, ComesBackAsTheTextItWasReadFrom) {
  for (const char* text : {"127.0.0.1:8080", "0.0.0.0:0", "[::]:80", "[2001:db8::1]:65535", "unix:/run/a.sock"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
                           "127.0.0.1:80x", ":80", "::1:80", "[::1]", "[]:80", "[::1:80", "localhost:80", "127.1:80",
                           "1.2.3.4.5:80", "unix:", "[127.0.0.1]:80", "127.0.0.1 :80", "[::1%eth0]:80"}) {
    EXPECT_FALSE(Address::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Address::parse("unix:/" + std::string(107, 'a')).has_value());
  EXPECT_TRUE(Address::parse("unix:/" + std::string(106, 'a')).has_value());
}

TEST(AddressTest, IsTheSameAfterAJourneyThroughPoco) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:80", "unix:/run/a.sock"}) {
    EXPECT_EQ(Address(Address::parse(text)->poco()), *Address::parse(text));
  }
  EXPECT_ANY_THROW(Address().poco());
}

TEST(AddressTest, TreatsAMappedAddressAsIPv4) {
  const auto mapped = Address::parse("[::ffff:10.0.0.1]:80");
  ASSERT_TRUE(mapped.has_value());
  EXPECT_EQ(mapped->raw().family, 4);
  EXPECT_EQ(*mapped, *Address::parse("10.0.0.1:80"));
}

TEST(AddressTest, KnowsLoopback) {
  EXPECT_TRUE(Address::parse("127.0.0.1:80")->loopback());
  EXPECT_TRUE(Address::parse("127.255.0.9:80")->loopback());
  EXPECT_TRUE(Address::parse("[::1]:80")->loopback());
  EXPECT_FALSE(Address::parse("[::]:80")->loopback());
  EXPECT_FALSE(Address::parse("0.0.0.0:80")->loopback());
  EXPECT_FALSE(Address::parse("[::2]:80")->loopback());
  EXPECT_FALSE(Address::parse("unix:/tmp/x")->loopback());
  EXPECT_FALSE(Address().loopback());
}

TEST(AddressTest, KnowsAWildcard) {
  EXPECT_TRUE(Address::parse("0.0.0.0:80")->wildcard());
  EXPECT_TRUE(Address::parse("[::]:80")->wildcard());
  EXPECT_FALSE(Address::parse("[::1]:80")->wildcard());
  EXPECT_FALSE(Address::parse("127.0.0.1:80")->wildcard());
  EXPECT_FALSE(Address().wildcard());
}

}  // namespace
}  // namespace kirsch::net
