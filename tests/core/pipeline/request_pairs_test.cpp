// Query, form and cookies: what a client may write and what a module gets.
#include "pipeline/request_pairs.h"

#include <gtest/gtest.h>

#include <string>

namespace kirsch::pipeline {
namespace {

std::string shown(std::span<const kirsch_pair> pairs) {
  std::string text;
  for (const auto& pair : pairs) {
    text +=
        '[' + std::string(pair.name.data, pair.name.size) + '=' + std::string(pair.value.data, pair.value.size) + ']';
  }
  return text;
}

class RequestPairs : public testing::Test {
 protected:
  base::Arena arena_;
};

TEST_F(RequestPairs, a_form_is_decoded_once) {
  EXPECT_EQ(shown(parse_form("a=1&b=x+y&c=%41%2526&d", arena_)), "[a=1][b=x y][c=A%26][d=]");
}

TEST_F(RequestPairs, broken_escapes_stay_as_they_are) {
  EXPECT_EQ(shown(parse_form("a=%&b=%4&c=%zz&%3d=%3D", arena_)), "[a=%][b=%4][c=%zz][===]");
}

TEST_F(RequestPairs, empty_parts_are_nothing) {
  EXPECT_EQ(shown(parse_form("", arena_)), "");
  EXPECT_EQ(shown(parse_form("&&a=1&&", arena_)), "[a=1]");
  EXPECT_EQ(shown(parse_form("=v", arena_)), "[=v]");
}

TEST_F(RequestPairs, more_pairs_than_the_limit_are_dropped) {
  std::string many;
  for (std::size_t index = 0; index < 2 * max_pairs; ++index) many += "a&";
  EXPECT_EQ(parse_form(many, arena_).size(), max_pairs);
}

TEST_F(RequestPairs, cookies_are_trimmed_and_unquoted_but_not_decoded) {
  EXPECT_EQ(shown(parse_cookies("a=1; b=\"x y\";c=%41 ; =v; bare; d=a=b", arena_)), "[a=1][b=x y][c=%41][d=a=b]");
}

}  // namespace
}  // namespace kirsch::pipeline
