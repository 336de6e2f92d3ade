// The searches that take 16 bytes at once find the same as one that takes one.
#include "http/characters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace kirsch::http {
namespace {

// In memory of the exact size: a sanitizer sees every read too far.
template <class Search>
std::size_t found(std::string_view text, Search search) {
  const auto exact = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), exact.get());
  return static_cast<std::size_t>(search(exact.get(), exact.get() + text.size()) - exact.get());
}

// Every byte at every place of texts of every size up to a little more than two blocks.
template <class Search, class Legal>
void expect_same(char usual, Search search, Legal legal) {
  for (std::size_t size = 0; size <= 40; ++size) {
    ASSERT_EQ(found(std::string(size, usual), search), size);
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, usual);
        text[place] = static_cast<char>(byte);
        ASSERT_EQ(found(text, search), legal(text[place]) ? size : place) << size << ' ' << place << ' ' << byte;
      }
    }
  }
}

template <Run run>
void expect_same_run() {
  expect_same(
      'a', [](const char* from, const char* end) { return end_of_run<run>(from, end); },
      [](char c) { return stands_in<run>(c); });
}

TEST(EndOfRun, IsWhereTheFirstByteStandsThatIsNoneOfIt) {
  expect_same_run<Run::field_value>();
  expect_same_run<Run::request_line>();
  expect_same_run<Run::target>();
  expect_same_run<Run::name>();
  expect_same_run<Run::before_colon>();
}

TEST(EndOfToken, IsWhereTheFirstByteStandsThatIsNoneOfIt) {
  for (const char usual : {'a', '_', '!'}) {
    expect_same(
        usual, [](const char* from, const char* end) { return end_of_token(from, end); },
        [](char c) { return is(c, character::token); });
  }
}

}  // namespace
}  // namespace kirsch::http
