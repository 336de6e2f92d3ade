// Checks and keeps the fields of a response (RFC 9110 §5.5).
#include "http/response_fields.h"

#include <cstring>

#include "http/characters.h"

namespace kirsch::http {

namespace {

bool is_value(std::string_view text) {
  if (text.size() > UINT32_MAX || trim(text).size() != text.size()) return false;
  const char* end = text.data() + text.size();
  return end_of_run<Run::field_value>(text.data(), end) == end;
}

bool belongs_to_framing(FieldName id) {
  switch (id) {
    case FieldName::connection:
    case FieldName::content_length:
    case FieldName::date:
    case FieldName::keep_alive:
    case FieldName::trailer:
    case FieldName::transfer_encoding:
      return true;
    default:
      return false;
  }
}

bool may_set(std::string_view name, FieldName id) {
  if (id != FieldName::other) return !belongs_to_framing(id);
  return name.size() <= UINT16_MAX && is_token(name);
}

bool has_name(const kirsch_field& line, std::string_view wanted, FieldName id) {
  if (line.id != static_cast<std::uint16_t>(id)) return false;
  return id != FieldName::other || equal_ignoring_case(name(line), wanted);
}

}  // namespace

bool ResponseFields::set(std::string_view name, std::string_view value) {
  const FieldName id = field_name(name);
  if (!may_set(name, id) || !is_value(value)) return false;
  erase(name, id);
  return append(name, id, value);
}

bool ResponseFields::add(std::string_view name, std::string_view value) {
  const FieldName id = field_name(name);
  if (!may_set(name, id) || !is_value(value)) return false;
  return append(name, id, value);
}

bool ResponseFields::set_default(std::string_view name, std::string_view value) {
  const FieldName id = field_name(name);
  if (!may_set(name, id) || !is_value(value)) return false;
  return find(name, id) != nullptr || append(name, id, value);
}

bool ResponseFields::remove(std::string_view name) {
  const FieldName id = field_name(name);
  if (!may_set(name, id)) return false;
  erase(name, id);
  return true;
}

std::optional<std::string_view> ResponseFields::get(std::string_view name) const {
  const kirsch_field* line = find(name, field_name(name));
  if (line == nullptr) return std::nullopt;
  return value(*line);
}

std::optional<std::string_view> ResponseFields::get(FieldName name) const {
  const kirsch_field* line = find({}, name);
  if (line == nullptr) return std::nullopt;
  return value(*line);
}

std::optional<kirsch_field> ResponseFields::prepared(std::string_view line) {
  const std::size_t colon = line.find(separator);
  if (colon == line.npos || !line.ends_with(line_end)) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  const std::size_t begin = colon + separator.size();
  if (begin > line.size() - line_end.size()) return std::nullopt;
  const std::string_view value = line.substr(begin, line.size() - line_end.size() - begin);
  const FieldName id = field_name(name);
  if (!may_set(name, id) || !is_value(value)) return std::nullopt;
  return kirsch_field{name.data(), value.data(), static_cast<std::uint32_t>(value.size()),
                      static_cast<std::uint16_t>(name.size()), static_cast<std::uint16_t>(id)};
}

void ResponseFields::widen() {
  room_ *= 2;
  auto* const wider = arena_.array<kirsch_field>(room_);
  std::memcpy(wider, lines_, sizeof(kirsch_field) * count_);
  lines_ = wider;
}

bool ResponseFields::append(std::string_view name, FieldName id, std::string_view value) {
  auto* const kept_name = arena_.array<char>(name.size() + separator.size() + value.size() + line_end.size());
  char* const kept_value = kept_name + name.size() + separator.size();
  std::memcpy(kept_name, name.data(), name.size());
  std::memcpy(kept_name + name.size(), separator.data(), separator.size());
  if (!value.empty()) std::memcpy(kept_value, value.data(), value.size());
  std::memcpy(kept_value + value.size(), line_end.data(), line_end.size());
  add({kept_name, kept_value, static_cast<std::uint32_t>(value.size()), static_cast<std::uint16_t>(name.size()),
       static_cast<std::uint16_t>(id)});
  return true;
}

void ResponseFields::erase(std::string_view name, FieldName id) {
  if (!may_be_there_[static_cast<std::size_t>(id)]) return;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (has_name(lines_[i], name, id)) {
      size_ -= whole(lines_[i]).size();
    } else {
      lines_[kept++] = lines_[i];
    }
  }
  count_ = kept;
  if (id != FieldName::other) may_be_there_[static_cast<std::size_t>(id)] = false;
}

const kirsch_field* ResponseFields::look(std::string_view name, FieldName id) const {
  for (const kirsch_field& line : lines()) {
    if (has_name(line, name, id)) return &line;
  }
  return nullptr;
}

}  // namespace kirsch::http
