// The parts of form bodies, and what is refused of them.
#include "pipeline/multipart.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kirsch::pipeline {
namespace {

constexpr std::string_view form = "multipart/form-data; boundary=b";

std::string_view view(kirsch_text text) { return {text.data, text.size}; }

// "name=body", "name@file(type)=body", or the status.
std::vector<std::string> parts_of(std::string_view type, std::string_view body) {
  base::Arena arena;
  const Multipart parsed = parse_multipart(type, body, arena);
  if (parsed.status != 0) return {std::to_string(parsed.status)};
  std::vector<std::string> lines;
  for (const kirsch_part& part : parsed.parts) {
    std::string line(view(part.name));
    if (part.is_file != 0) line += "@" + std::string(view(part.filename)) + "(" + std::string(view(part.type)) + ")";
    lines.push_back(line + "=" + std::string(view(part.body)));
  }
  return lines;
}

std::string part(const std::string& disposition, const std::string& body, const std::string& more = {}) {
  return "--b\r\nContent-Disposition: form-data" + disposition + "\r\n" + more + "\r\n" + body + "\r\n";
}

using Lines = std::vector<std::string>;

TEST(Multipart, GivesFieldsAndFiles) {
  const std::string body = part("; name=\"a\"", "1") +
                           part("; name=\"f\"; filename=\"x.txt\"", "two\r\nlines", "Content-Type: text/plain\r\n") +
                           "--b--\r\n";
  EXPECT_EQ(parts_of(form, body), (Lines{"a=1", "f@x.txt(text/plain)=two\r\nlines"}));
}

TEST(Multipart, TakesQuotedBoundariesPreamblesPaddingAndEpilogues) {
  const std::string body =
      "preamble\r\n--b c \t\r\ncontent-disposition:form-data;name=a\r\n\r\n--b d\r\n--b c--  \r\nend";
  EXPECT_EQ(parts_of("Multipart/Form-Data; charset=x; Boundary=\"b c\"", body), (Lines{"a=--b d"}));
}

TEST(Multipart, GivesEmptyPartsAndEmptyFileNames) {
  EXPECT_EQ(parts_of(form, part("; name=\"a\"", "") + part("; name=f; filename=\"\"", "") + "--b--"),
            (Lines{"a=", "f@()="}));
  EXPECT_EQ(parts_of(form, "--b--"), Lines{});
}

TEST(Multipart, UnescapesQuotesAndKeepsOtherBackslashes) {
  EXPECT_EQ(parts_of(form, part(R"(; name="a\"b\\c"; filename="C:\new")", "") + "--b--"),
            (Lines{R"(a"b\c@C:\new()=)"}));
}

// RFC 9110 5.6.6
TEST(Multipart, PassesOverEmptyParameters) {
  const auto whole = [](const std::string& disposition) { return part(disposition, "1") + "--b--"; };
  for (const char* type : {"multipart/form-data; boundary=b;", "multipart/form-data;; boundary=b ; ;"})
    EXPECT_EQ(parts_of(type, whole("; name=a")), Lines{"a=1"}) << type;
  EXPECT_EQ(parts_of(form, whole("; name=\"a\";")), Lines{"a=1"});
  EXPECT_EQ(parts_of(form, whole(";; name=a")), Lines{"a=1"});
}

TEST(Multipart, SaysWhenThereIsNone) {
  for (const char* type :
       {"", "text/plain", "multipart/mixed; boundary=b", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"b", "multipart/form-data;;",
        "multipart/form-data boundary=b", "multipart/form-data; boundary=\"b \""})
    EXPECT_EQ(parts_of(type, part("; name=a", "1") + "--b--"), Lines{"415"}) << type;
  EXPECT_EQ(parts_of("multipart/form-data; boundary=" + std::string(71, 'b'), ""), Lines{"415"});
}

TEST(Multipart, RefusesWhatIsMalformed) {
  for (const std::string& body : {
           std::string(),
           std::string("--c--"),
           part("; name=a", "1"),                         // no last delimiter
           part("; name=a", "1") + "--bx\r\n",            // text behind a delimiter
           part("; name=a", "1") + "--b--x",              //
           part("", "1") + "--b--",                       // no name
           part("; name=a; name", "1") + "--b--",         // no value
           part("; name=\"a", "1") + "--b--",             // open quote
           std::string("--b\r\n\r\n1\r\n--b--"),          // no head
           std::string("--b\r\nX: y\r\n\r\n1\r\n--b--"),  // no disposition
           std::string("--b\nContent-Disposition: form-data; name=a\n\n1\n--b--"),
           part("; name=a", "1", "Content Type: x\r\n") + "--b--",
           part("; name=a", "1", "Content-Disposition: form-data; name=b\r\n") + "--b--",
           part("; name=a", "MQ==", "Content-Transfer-Encoding: base64\r\n") + "--b--",
           part("; name=a", "1", "X: a\x01\r\n") + "--b--",
           part("; name=a", "1", "X: " + std::string(max_part_head, 'x') + "\r\n") + "--b--",
           std::string("--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--"),
       })
    EXPECT_EQ(parts_of(form, body), Lines{"400"}) << body;
}

TEST(Multipart, RefusesTooManyParts) {
  std::string body;
  for (std::size_t count = 0; count < max_parts; ++count) body += part("; name=a", "1");
  EXPECT_EQ(parts_of(form, body + "--b--").size(), max_parts);
  EXPECT_EQ(parts_of(form, body + part("; name=a", "1") + "--b--"), Lines{"413"});
}

TEST(Multipart, NeverReadsBeyondATruncatedBody) {
  const std::string whole = part("; name=\"a\"; filename=\"\\\"\"", "1", "Content-Type: x\r\n") + "--b--";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parts_of(form, std::string(whole, 0, size)), Lines{"400"}) << size;
}

}  // namespace
}  // namespace kirsch::pipeline
