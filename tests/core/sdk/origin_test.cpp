// Hosts and origins as texts.
#include <gtest/gtest.h>
#include <kirsch/origin.h>

namespace kirsch {
namespace {

TEST(Origin, HasOneForm) {
  EXPECT_EQ(origin("HTTPS://One.Example:443"), "https://one.example");
  EXPECT_EQ(origin("http://one.example:80"), "http://one.example");
  EXPECT_EQ(origin("http://one.example:443"), "http://one.example:443");
  EXPECT_EQ(origin("app://one.example:80"), "app://one.example:80");  // who knows its usual port
  EXPECT_EQ(origin("http://[2001:DB8::1]:80"), "http://[2001:db8::1]");
  for (const std::string own : {"http://[::80]", "http://[::]", "http://[1::]", "http://[1:2:3:4:5:6:7:8]:8080"})
    EXPECT_EQ(origin(own), own);
}

TEST(Origin, OfNoPageIsEmpty) {
  for (const std::string none : {"http://a:80:80", "http://a:",      "http://a:b",     "http://::1",
                                 "http://[::1",    "http://[]",      "http://[::1]8",  "http://[a]b]",
                                 "http://:80",     "http://a]",      "http://a:080",   "http://a:65536",
                                 "http://.a",      "http://a..b",    "http://*.a",     "http://b\xC3\xBC.example",
                                 "http://a ",      "https://user@a", "https://a/path", "wss://a",
                                 "ws://a",         "null",           "://a",           "a"})
    EXPECT_EQ(origin(none), "") << none;
  for (const std::string address :
       {":::", "1::2::3", "1:2", "1:", ":1", "12345::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "g::", "::1\n", ""})
    EXPECT_EQ(origin("http://[" + address + "]"), "") << address;
  EXPECT_EQ(origin(std::string_view("http://[::1\0]", 13)), "");
}

TEST(Origin, IsOwnOfItsHostOverNoWeakerScheme) {
  EXPECT_TRUE(is_own_origin("https://a", "a:443", true));
  EXPECT_TRUE(is_own_origin("http://A:8080", "a:8080", false));
  EXPECT_TRUE(is_own_origin("https://a", "a", false));  // a proxy took the TLS away
  EXPECT_FALSE(is_own_origin("http://a", "a", true));
  EXPECT_FALSE(is_own_origin("https://a:8443", "a", true));
  EXPECT_FALSE(is_own_origin("app://a", "a", false));
  EXPECT_FALSE(is_own_origin("null", "null", false));
  EXPECT_FALSE(is_own_origin("", "", false));
}

}  // namespace
}  // namespace kirsch
