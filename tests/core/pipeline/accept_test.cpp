// How much a client wants a media type, from plain words to nonsense.
#include "pipeline/accept.h"

#include <gtest/gtest.h>

namespace kirsch::pipeline {
namespace {

TEST(Accept, wants_all_types_alike_where_it_is_not_sent) {
  EXPECT_EQ(quality("", "text/html"), 1000u);
  EXPECT_EQ(quality(" \t", "text/html"), 1000u);
}

TEST(Accept, names_types_exactly_or_by_range) {
  EXPECT_EQ(quality("text/html", "text/html"), 1000u);
  EXPECT_EQ(quality("text/html", "text/plain"), 0u);
  EXPECT_EQ(quality("text/*", "text/plain"), 1000u);
  EXPECT_EQ(quality("text/*", "application/json"), 0u);
  EXPECT_EQ(quality("*/*", "application/json"), 1000u);
  EXPECT_EQ(quality("Text/HTML", "text/html"), 1000u) << "RFC 9110 8.3.1";
  EXPECT_EQ(quality("TEXT/*", "text/html"), 1000u);
  EXPECT_EQ(quality("text/htm*", "text/html"), 0u);
  EXPECT_EQ(quality("*", "text/html"), 0u);
}

TEST(Accept, prefers_the_more_precise_range_wherever_it_stands) {
  constexpr auto accept = "*/*;q=0.1, text/html;q=0.7, text/*;q=0.3";
  EXPECT_EQ(quality(accept, "text/html"), 700u);
  EXPECT_EQ(quality(accept, "text/plain"), 300u);
  EXPECT_EQ(quality(accept, "application/json"), 100u);
  EXPECT_EQ(quality("text/html;q=0, */*", "text/html"), 0u);
}

TEST(Accept, weighs_in_thousandths) {
  EXPECT_EQ(quality("a/b;q=0.123", "a/b"), 123u);
  EXPECT_EQ(quality("a/b;q=0.5", "a/b"), 500u);
  EXPECT_EQ(quality("a/b; level=1 ; Q=0.05", "a/b"), 50u);
  EXPECT_EQ(quality("a/b;q=0.", "a/b"), 0u);
  EXPECT_EQ(quality("a/b;q=1.000", "a/b"), 1000u);
  EXPECT_EQ(quality("a/b;q=0.0019", "a/b"), 1u);
}

TEST(Accept, takes_nonsense_as_a_refusal) {
  for (const auto* accept :
       {"a/b;q=", "a/b;q=nan", "a/b;q=-1", "a/b;q=.5", "a/b;q=0.x", "a/b;q=2", "a", "/", "a/", ";q=1", ",,,", ";"}) {
    EXPECT_EQ(quality(accept, "a/b"), 0u) << accept;
  }
}

}  // namespace
}  // namespace kirsch::pipeline
