// Lists of entity-tags and dates.
#include "conditions.h"

#include "http_date.h"

namespace static_files {
namespace {

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // with its quotes
};

void skip(std::string_view& text, std::string_view bytes) {
  text.remove_prefix(std::min(text.find_first_not_of(bytes), text.size()));
}

// RFC 9110 8.8.3; takes it from the front of `text`.
std::optional<EntityTag> take_tag(std::string_view& text) {
  EntityTag tag;
  std::string_view rest = text;
  if (rest.starts_with("W/")) {  // case-sensitive
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (!rest.starts_with('"')) return std::nullopt;
  const auto end = rest.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = rest.substr(0, end + 1);
  if (tag.opaque.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  text = rest.substr(end + 1);
  return tag;
}

std::optional<EntityTag> only_tag(std::string_view text) {
  const auto tag = take_tag(text);
  return text.empty() ? tag : std::nullopt;
}

// A list that is none matches nothing from there on: what was meant cannot be known.
template <class Matches>
bool any_tag(std::string_view list, Matches matches) {
  skip(list, " \t,");
  while (!list.empty()) {
    const auto tag = take_tag(list);
    if (!tag) return false;
    skip(list, " \t");
    if (!list.empty() && list.front() != ',') return false;
    if (matches(*tag)) return true;
    skip(list, " \t,");
  }
  return false;
}

}  // namespace

Verdict evaluate(const Conditions& conditions, const Validators& validators) {
  const bool by_tag = conditions.if_match || conditions.if_none_match;
  const auto own = by_tag ? only_tag(validators.etag).value_or(EntityTag{}) : EntityTag{};
  const auto same = [&own](const EntityTag& tag) { return tag.opaque == own.opaque; };
  const auto strongly_same = [&](const EntityTag& tag) { return !tag.weak && !own.weak && same(tag); };
  if (conditions.if_match) {
    if (*conditions.if_match != "*" && !any_tag(*conditions.if_match, strongly_same)) return Verdict::failed;
  } else if (conditions.if_unmodified_since) {
    const auto date = parse_http_date(*conditions.if_unmodified_since);
    if (date && validators.modified > *date) return Verdict::failed;
  }
  if (conditions.if_none_match) {
    const bool found = *conditions.if_none_match == "*" || any_tag(*conditions.if_none_match, same);
    return found ? Verdict::not_modified : Verdict::send;
  }
  if (conditions.if_modified_since) {
    const auto date = parse_http_date(*conditions.if_modified_since);
    if (date && validators.modified <= *date) return Verdict::not_modified;
  }
  return Verdict::send;
}

bool range_allowed(std::string_view if_range, const Validators& validators, std::chrono::sys_seconds now) {
  if (const auto tag = only_tag(if_range)) return !tag->weak && tag->opaque == validators.etag;
  if (validators.etag.starts_with("W/")) return false;  // it may change within the second of the date
  const auto date = parse_http_date(if_range);
  return date && *date == validators.modified && validators.modified + std::chrono::seconds(1) <= now;
}

}  // namespace static_files
