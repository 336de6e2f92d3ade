// Segments of patterns.
#include "config/path_pattern.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"

namespace kirsch::config {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// As the paths of requests are when they are routed: decoded once, but for the slash.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[at + 2]);
    if (low < 0) {
      result += text[at];
      continue;
    }
    const char byte = static_cast<char>(high * 16 + low);
    result += byte == '/' ? std::string("%2F") : std::string(1, byte);
    at += 2;
  }
  return result;
}

// A pattern with escapes could never match; none: it has none.
std::optional<Misfit> escape_fault(std::string_view text) {
  const std::string plain = decoded(text);
  if (plain == text) return std::nullopt;
  const bool printable = !base::utf8_fault(plain) && std::ranges::none_of(plain, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  return Misfit{"has an escape, which requests no longer have when they are routed",
                printable ? "write " + plain : "write the bytes themselves; %2F alone keeps its meaning"};
}

Misfit literal_fault(std::string_view segment) {
  if (segment.empty())
    return {"has an empty segment", "write one slash: requests are normalised before they are routed"};
  if (segment == "." || segment == "..") return {"has a dot segment", "write the path as it is without it"};
  for (const char c : segment) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return {"holds a control character", ""};
    if (c == '?' || c == '#') return {"holds a query or fragment", "leave out what begins with ? or #"};
    if (c == '{' || c == '}') return {"has braces that are not a whole segment", "write /{name}/"};
    if (c == '*') return {"has a star", "write /path/ for everything below, /{name} for one segment"};
  }
  return {};
}

}  // namespace

Parsed<PathPattern> PathPattern::parse(std::string_view text) {
  PathPattern pattern;
  pattern.text_ = text;
  if (text == "= /") return pattern;
  if (text.starts_with('='))
    return Misfit{"has a '=' that only '= /' may have", "write the path without the last slash: it matches alone"};
  if (!text.starts_with('/')) return Misfit{"does not begin with a slash", "write /" + std::string(text)};
  if (text.size() > max_size) return Misfit{"is longer than 4096 bytes", ""};
  if (std::optional<Misfit> fault = escape_fault(text)) return *std::move(fault);
  pattern.prefix_ = text.ends_with('/');
  std::set<std::string, std::less<>> names;
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment.size() > 1 && segment.front() == '{' && segment.back() == '}') {
      std::string name(segment.substr(1, segment.size() - 2));
      if (!base::is_name(name))
        return Misfit{"has a {name} that is no name", "use letters, digits and _, no digit first"};
      if (!names.insert(name).second) return Misfit{"has {" + name + "} twice", "give each a name of its own"};
      pattern.segments_.push_back({std::move(name), true});
    } else if (Misfit fault = literal_fault(segment); !fault.why.empty()) {
      return fault;
    } else {
      pattern.segments_.push_back({std::string(segment), false});
    }
  }
  if (pattern.segments_.size() > max_segments) return Misfit{"has more than 64 segments", ""};
  if (names.size() > max_parameters) return Misfit{"has more than 16 {name} segments", ""};
  return pattern;
}

std::string PathPattern::shape() const {
  if (segments_.empty()) return prefix_ ? "/" : "= /";
  std::string result;
  for (const Segment& segment : segments_) result += "/" + (segment.parameter ? "{}" : segment.text);
  return prefix_ ? result + "/" : result;
}

std::string PathPattern::crossing(const PathPattern& other) const {
  PathPattern both = other;
  for (std::size_t index = 0; index < segments_.size(); ++index)
    if (both.segments_[index].parameter) both.segments_[index] = segments_[index];
  return both.shape();
}

bool operator<(const PathPattern& left, const PathPattern& right) {
  if (left.segments_.size() != right.segments_.size()) return left.segments_.size() < right.segments_.size();
  // A literal is more specific than a parameter.
  return std::lexicographical_compare(
      left.segments_.begin(), left.segments_.end(), right.segments_.begin(), right.segments_.end(),
      [](const auto& mine, const auto& theirs) { return mine.parameter && !theirs.parameter; });
}

}  // namespace kirsch::config
