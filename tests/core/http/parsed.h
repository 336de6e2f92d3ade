// Runs the head parser over a message cut into pieces, each time in fresh memory of the exact size, and shows what came
// out as comparable text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/kept_head.h"
#include "http/parser.h"

namespace kirsch::http {

struct Parsed {
  ParseResult result = ParseResult::need_more;
  std::uint16_t status = 0;
  std::size_t size = 0;  // of the complete head
  std::string text;      // everything that a RequestHead says, or what is wrong

  bool operator==(const Parsed&) const = default;
};

inline std::string describe(const RequestHead& head) {
  std::string text;
  auto line = [&](std::string_view name, std::string_view value) {
    text.append(name).append("=").append(value).append("\n");
  };
  line("method", head.method_name);
  line("number", std::to_string(head.method));
  line("target", head.target);
  line("authority", head.authority);
  line("host", head.host);
  line("path", head.path);
  line("query", head.query);
  line("minor", std::to_string(head.version_minor));
  line("length", head.content_length ? std::to_string(*head.content_length) : "none");
  line("flags", std::string(head.chunked ? "chunked " : "") + (head.keep_alive ? "keep " : "") +
                    (head.expect_continue ? "expect " : "") + (head.upgrade ? "upgrade" : ""));
  for (const kirsch_field& field : head.fields) {
    line(std::to_string(field.id) + ":" + std::string(name(field)), value(field));
  }
  return text;
}

// Reads one head after the other, as a connection does.
struct Reader {
  explicit Reader(const Limits& given = Limits()) : limits(given) {}

  const Limits limits;
  HeadParser parser{limits};
  KeptHead before;
};

// `ends` are the sizes that the reader, which may have seen other heads before, sees one after the other; the last one
// is that of the message.
inline Parsed parse_in_steps(Reader& reader, std::string_view message, const std::vector<std::size_t>& ends) {
  HeadParser& parser = reader.parser;
  parser.reset(reader.before.known());
  Parsed parsed;
  std::unique_ptr<char[]> bytes;
  for (std::size_t end : ends) {
    auto moved = std::make_unique<char[]>(end);  // no byte behind: a sanitizer sees every read too far
    std::copy_n(message.data(), end, moved.get());
    parsed.result = parser.parse(moved.get(), end);
    bytes = std::move(moved);
    if (parsed.result != ParseResult::need_more) break;
  }
  if (parsed.result == ParseResult::malformed) {
    parsed.status = parser.fault().status;
    parsed.text = parser.fault().reason;
    reader.before.keep(parser.head(), KeptHead::malformed);
  }
  if (parsed.result == ParseResult::complete) {
    parsed.size = parser.size();
    parsed.text = describe(parser.head());
    reader.before.keep(parser.head(), 1);
  }
  return parsed;
}

inline Parsed parse_in_steps(std::string_view message, const std::vector<std::size_t>& ends,
                             const Limits& limits = Limits()) {
  Reader reader(limits);
  return parse_in_steps(reader, message, ends);
}

inline Parsed parse(std::string_view message, const Limits& limits = Limits()) {
  return parse_in_steps(message, {message.size()}, limits);
}

}  // namespace kirsch::http
