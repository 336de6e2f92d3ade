// Which form an error page takes, and that nothing of the client gets into it unescaped.
#include "pipeline/error_page.h"

#include <gmock/gmock.h>

namespace kirsch::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string_view type_for(std::string_view accept) { return error_page(404, "Not Found", {}, accept, {}).type; }

TEST(ErrorPage, text_is_the_form_for_clients_that_do_not_mind) {
  EXPECT_THAT(type_for(""), StartsWith("text/plain"));
  EXPECT_THAT(type_for("*/*"), StartsWith("text/plain"));
  EXPECT_THAT(type_for("image/png"), StartsWith("text/plain"));
}

TEST(ErrorPage, browsers_get_html) {
  EXPECT_THAT(type_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), StartsWith("text/html"));
}

TEST(ErrorPage, programs_get_json) {
  EXPECT_EQ(type_for("application/json"), "application/json");
  EXPECT_EQ(type_for("text/html;q=0.5, application/json"), "application/json");
  EXPECT_EQ(type_for("application/*, text/*;q=0.1"), "application/json");
}

TEST(ErrorPage, a_more_precise_range_overrides) {
  EXPECT_THAT(type_for("text/html;q=0, */*"), Not(StartsWith("text/html")));
}

TEST(ErrorPage, the_detail_is_escaped) {
  EXPECT_THAT(error_page(400, "Bad Request", "<script>\"&", "text/html", {}).body,
              HasSubstr("&lt;script&gt;&quot;&amp;"));
  EXPECT_THAT(error_page(400, "Bad Request", "a\"b\\c\nd", "application/json", {}).body,
              HasSubstr(R"("detail":"a\"b\\c\u000ad")"));
}

TEST(ErrorPage, the_detail_is_utf8_whatever_a_module_says) {
  EXPECT_THAT(error_page(400, "Bad Request", "caf\xE9, \xC3\xA9", "application/json", {}).body,
              HasSubstr("\"detail\":\"caf\xEF\xBF\xBD, \xC3\xA9\""));
  for (const auto* accept : {"text/plain", "text/html"})
    EXPECT_THAT(error_page(400, "Bad Request", "\xFF", accept, {}).body, HasSubstr("\xEF\xBF\xBD")) << accept;
}

TEST(ErrorPage, the_request_is_named_for_errors_of_the_server_only) {
  EXPECT_THAT(error_page(500, "Internal Server Error", {}, {}, "0-1f").body, HasSubstr("0-1f"));
  EXPECT_THAT(error_page(404, "Not Found", {}, {}, "0-1f").body, Not(HasSubstr("0-1f")));
}

}  // namespace
}  // namespace kirsch::pipeline
