// Known field names are found in any case and nothing else is.
#include "http/field_names.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace kirsch::http {
namespace {

TEST(FieldNames, AreFoundInAnyCase) {
  for (std::uint16_t i = 1; i < static_cast<std::uint16_t>(FieldName::count); ++i) {
    const auto name = static_cast<FieldName>(i);
    std::string text(spelling(name));
    ASSERT_FALSE(text.empty());
    EXPECT_EQ(field_name(text), name) << text;
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(field_name(text), name) << text;
  }
}

TEST(FieldNames, AreNotFoundWhenAnyByteDiffers) {
  for (std::uint16_t i = 1; i < static_cast<std::uint16_t>(FieldName::count); ++i) {
    const std::string text(spelling(static_cast<FieldName>(i)));
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string other = text;
      other[at] = other[at] == '-' ? '\r' : '~';
      EXPECT_EQ(field_name(other), FieldName::other) << other;
    }
    EXPECT_EQ(field_name(text + "x"), FieldName::other);
  }
  EXPECT_EQ(field_name(""), FieldName::other);
  EXPECT_EQ(field_name(std::string(5000, 'a')), FieldName::other);
}

TEST(FieldNames, HaveTheSpellingOfTheirEnumerators) {
  EXPECT_EQ(spelling(FieldName::content_length), "content-length");
  EXPECT_EQ(spelling(FieldName::transfer_encoding), "transfer-encoding");
  EXPECT_EQ(spelling(FieldName::host), "host");
  EXPECT_EQ(spelling(FieldName::sec_websocket_key), "sec-websocket-key");
  EXPECT_EQ(spelling(FieldName::x_request_id), "x-request-id");
  EXPECT_EQ(spelling(FieldName::other), "");
}

}  // namespace
}  // namespace kirsch::http
