// Delimiters first, then the head of each part. Strict: CRLF only, no text before the first delimiter is looked at.
#include "pipeline/multipart.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "http/characters.h"
#include "pipeline/contract_text.h"

namespace kirsch::pipeline {
namespace {

constexpr std::string_view line_end = "\r\n";

// `; name=value` after `; name=value`: tokens, or quoted text in which a backslash stands before a quote or itself.
class Parameters {
 public:
  Parameters(std::string_view rest, base::Arena& arena) : rest_(rest), arena_(arena) {}

  // False: there is none any more, or what follows is none; see malformed(). Empty ones are none (RFC 9110 5.6.6).
  bool next() {
    rest_ = http::trim(rest_);
    if (rest_.empty()) return false;
    malformed_ = rest_.front() != ';';
    while (rest_.starts_with(';')) rest_ = http::trim(rest_.substr(1));
    if (malformed_ || rest_.empty()) return false;
    malformed_ = true;
    const auto equals = rest_.find('=');
    if (equals == rest_.npos || !http::is_token(rest_.substr(0, equals))) return false;
    name_ = rest_.substr(0, equals);
    rest_.remove_prefix(equals + 1);
    malformed_ = rest_.starts_with('"') ? !quoted() : !token();
    return !malformed_;
  }
  bool malformed() const { return malformed_; }
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }

 private:
  bool token() {
    value_ = http::trim(rest_.substr(0, rest_.find(';')));
    rest_.remove_prefix(std::min(rest_.find(';'), rest_.size()));
    return http::is_token(value_);
  }
  bool quoted() {
    std::size_t at = 1;
    std::size_t escapes = 0;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (!escape(at)) continue;
      ++escapes;
      ++at;
    }
    if (at >= rest_.size()) return false;
    value_ = rest_.substr(1, at - 1);
    if (escapes != 0) value_ = unescaped(value_, value_.size() - escapes);
    rest_.remove_prefix(at + 1);
    return true;
  }
  // Of `"` and `\` alone: a browser's `C:\new` means what it says.
  bool escape(std::size_t at) const {
    return rest_[at] == '\\' && at + 1 < rest_.size() && (rest_[at + 1] == '"' || rest_[at + 1] == '\\');
  }
  std::string_view unescaped(std::string_view raw, std::size_t size) {
    auto* const begin = static_cast<char*>(arena_.allocate(size, 1));
    char* out = begin;
    for (std::size_t at = 0; at < raw.size(); ++at) {
      if (raw[at] == '\\' && at + 1 < raw.size() && (raw[at + 1] == '"' || raw[at + 1] == '\\')) ++at;
      *out++ = raw[at];
    }
    return {begin, size};
  }

  std::string_view rest_;
  base::Arena& arena_;
  std::string_view name_, value_;
  bool malformed_ = false;
};

// RFC 2046 5.1.1: at most 70 characters, no space at its end.
std::optional<std::string_view> boundary_of(std::string_view type, base::Arena& arena) {
  const auto media = http::trim(type.substr(0, type.find(';')));
  if (!http::equal_ignoring_case(media, "multipart/form-data")) return std::nullopt;
  Parameters parameters(type.substr(std::min(type.find(';'), type.size())), arena);
  std::optional<std::string_view> boundary;
  while (parameters.next()) {
    if (http::equal_ignoring_case(parameters.name(), "boundary")) boundary = parameters.value();
  }
  if (parameters.malformed() || !boundary || boundary->empty() || boundary->size() > 70 || boundary->ends_with(' '))
    return std::nullopt;
  return boundary;
}

// `form-data; name="a"; filename="b.txt"` (RFC 7578 4.2).
bool read_disposition(std::string_view value, kirsch_part& part, base::Arena& arena) {
  if (!http::equal_ignoring_case(http::trim(value.substr(0, value.find(';'))), "form-data")) return false;
  Parameters parameters(value.substr(std::min(value.find(';'), value.size())), arena);
  bool named = false;
  while (parameters.next()) {
    if (http::equal_ignoring_case(parameters.name(), "name")) {
      part.name = text(parameters.value());
      named = true;
    } else if (http::equal_ignoring_case(parameters.name(), "filename")) {
      part.filename = text(parameters.value());
      part.is_file = 1;
    }
  }
  return named && !parameters.malformed();
}

// `head` without its empty line.
bool read_head(std::string_view head, kirsch_part& part, base::Arena& arena) {
  bool disposed = false;
  while (!head.empty()) {
    const auto end = std::min(head.find(line_end), head.size());
    const auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + line_end.size(), head.size()));
    const auto colon = line.find(':');
    if (colon == line.npos || !http::is_token(line.substr(0, colon))) return false;
    const auto value = http::trim(line.substr(colon + 1));
    if (!std::ranges::all_of(value, [](char c) { return http::is(c, http::character::value); })) return false;
    const auto name = line.substr(0, colon);
    if (http::equal_ignoring_case(name, "content-disposition")) {
      if (std::exchange(disposed, true) || !read_disposition(value, part, arena)) return false;
    } else if (http::equal_ignoring_case(name, "content-type")) {
      part.type = text(value);
    } else if (http::equal_ignoring_case(name, "content-transfer-encoding")) {
      // RFC 7578 4.7: deprecated; what would have to be decoded is refused.
      if (!http::equal_ignoring_case(value, "binary") && !http::equal_ignoring_case(value, "8bit") &&
          !http::equal_ignoring_case(value, "7bit"))
        return false;
    }
  }
  return disposed;
}

enum class Delimiter : std::uint8_t { part, last, none };

// What stands behind `--boundary`; takes it off.
Delimiter end_of_delimiter(std::string_view& rest) {
  const bool last = rest.starts_with("--");
  if (last) rest.remove_prefix(2);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  if (last && (rest.empty() || rest.starts_with(line_end))) return Delimiter::last;
  if (last || !rest.starts_with(line_end)) return Delimiter::none;
  rest.remove_prefix(line_end.size());
  return Delimiter::part;
}

// As find, a stretch after the other.
std::size_t find_far(std::string_view text, std::string_view what,
                     const std::function<void(std::string_view)>& passed) {
  constexpr std::size_t stretch = 1024 * 1024;
  for (std::size_t at = 0; at < text.size(); at += stretch) {
    const auto found = text.substr(at, stretch + what.size() - 1).find(what);
    if (found != text.npos) return at + found;
    if (passed) passed(text.substr(at, stretch));
  }
  return text.npos;
}

}  // namespace

Multipart parse_multipart(std::string_view type, std::string_view body, base::Arena& arena,
                          const std::function<void(std::string_view)>& passed) {
  const auto boundary = boundary_of(type, arena);
  if (!boundary) return {415, {}};
  const auto delimiter = arena.copy("\r\n--" + std::string(*boundary));
  auto rest = body;
  if (rest.starts_with(delimiter.substr(2))) {
    rest.remove_prefix(delimiter.size() - 2);
  } else if (const auto first = find_far(rest, delimiter, passed); first != rest.npos) {
    rest.remove_prefix(first + delimiter.size());
  } else {
    return {400, {}};
  }
  auto* const parts = arena.array<kirsch_part>(max_parts);
  std::size_t count = 0;
  for (;;) {
    const auto found = end_of_delimiter(rest);
    if (found == Delimiter::last) return {0, {parts, count}};
    if (found == Delimiter::none) return {400, {}};
    if (count == max_parts) return {413, {}};
    kirsch_part part{};
    const auto head_end = rest.substr(0, max_part_head + 4).find("\r\n\r\n");
    if (head_end == rest.npos || !read_head(rest.substr(0, head_end), part, arena)) return {400, {}};
    rest.remove_prefix(head_end + 2);
    // The empty line's CRLF may be that of the delimiter: an empty part.
    const auto end = find_far(rest, delimiter, passed);
    if (end == rest.npos) return {400, {}};
    part.body = text(end < 2 ? std::string_view() : rest.substr(2, end - 2));
    rest.remove_prefix(end + delimiter.size());
    parts[count++] = part;
  }
}

std::span<const kirsch_pair> fields_of(const Multipart& multipart, base::Arena& arena) {
  auto* const pairs = arena.array<kirsch_pair>(multipart.parts.size());
  std::size_t count = 0;
  for (const auto& part : multipart.parts) {
    if (part.is_file == 0) pairs[count++] = {part.name, part.body};
  }
  return {pairs, count};
}

}  // namespace kirsch::pipeline
