// What stands for a placeholder ends no text, attribute, string or script, and files that are not what they claim are
// refused.
#include <gmock/gmock.h>

#include "error_pages/page_template.h"

namespace error_pages {
namespace {

using ::testing::HasSubstr;

std::string with_path(std::string_view text, Format format, std::string_view path) {
  return PageTemplate(std::string(text), format)
      .page({.status = "404", .reason = "Not Found", .request_id = "0-1", .path = path});
}

std::string fault(std::string text, Format format) {
  try {
    const PageTemplate made(std::move(text), format);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(PageTemplate, PutsValuesInPlaceOfEachPlaceholder) {
  EXPECT_EQ(with_path("{status} {reason}\n{request_id}{path}{path}.", Format::text, "/a b"),
            "404 Not Found\n0-1/a b/a b.");
}

TEST(PageTemplate, LeavesOtherBracesAlone) {
  constexpr auto text = "{ status } {Status} {{status}} {status {} p{color:red} {path";
  EXPECT_EQ(with_path(text, Format::html, "/"), "{ status } {Status} {404} {status {} p{color:red} {path");
}

TEST(PageTemplate, IsFixedWithoutPlaceholders) {
  EXPECT_TRUE(PageTemplate("<p>{color}</p>", Format::html).is_fixed());
  EXPECT_FALSE(PageTemplate("{path}", Format::html).is_fixed());
}

TEST(PageTemplate, NeverReadsAValueAsATemplate) {
  EXPECT_EQ(with_path("{path}", Format::text, "/{status}"), "/{status}");
}

TEST(PageTemplate, EscapesForHtmlWhateverCouldLeaveItsPlace) {
  EXPECT_EQ(
      with_path("{path}", Format::html, "/<a href=\"x\" b='y'>&`\\;(){}--!"),
      "/&#x3c;a href&#x3d;&#x22;x&#x22; b&#x3d;&#x27;y&#x27;&#x3e;&#x26;&#x60;&#x5c;&#x3b;&#x28;&#x29;&#x7b;&#x7d;"
      "--&#x21;");
  EXPECT_EQ(with_path("{path}", Format::html, "/k\xC3\xA4se/A-z_0.9~"), "/k\xC3\xA4se/A-z_0.9~");
}

TEST(PageTemplate, EscapesForJsonStrings) {
  EXPECT_EQ(with_path(R"({"path":"{path}"})", Format::json, "/\"\\\n\x1F\xC3\xA4/"),
            "{\"path\":\"/\\u0022\\u005c\\u000a\\u001f\xC3\xA4/\"}");
}

TEST(PageTemplate, RefusesWhatIsNotUtf8) {
  for (const auto format : formats) {
    for (const std::string bytes : {"\xE4", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xFF"}) {
      EXPECT_THAT(fault("[\"" + bytes + "\"]", format), HasSubstr("is not UTF-8")) << testing::PrintToString(bytes);
    }
    EXPECT_EQ(fault("[\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"]", format), "none");
  }
}

TEST(PageTemplate, RefusesJsonThatIsNoneWhateverItsPlaceholdersStandFor) {
  EXPECT_EQ(fault(R"({"status":{status},"text":"{status} {reason} {request_id} {path}"})", Format::json), "none");
  for (const auto* text : {"", "{", "{}}", "{} {}", R"({"a":{path}})", R"({"a":{reason}})", "{'a':1}", R"({"a":1,})",
                           "{\"a\":\"line\nend\"}", "<p>", "\"a\""}) {
    EXPECT_THAT(fault(text, Format::json), HasSubstr("is no JSON object or list")) << text;
    EXPECT_EQ(fault(text, Format::html), "none") << text;
  }
}

TEST(PageTemplate, RefusesMorePlaceholdersThanAPageNeeds) {
  std::string text;
  for (int count = 0; count < 64; ++count) text += "{path}";
  EXPECT_EQ(fault(text, Format::html), "none");
  EXPECT_THAT(fault(text + "{path}", Format::html), HasSubstr("has 65 placeholders; at most 64"));
}

}  // namespace
}  // namespace error_pages
