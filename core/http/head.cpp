// Looking up fields of a head and moving it.
#include "http/head.h"

#include "http/characters.h"

namespace kirsch::http {

bool RequestHead::is_https_uri() const { return equal_ignoring_case(target.substr(0, 6), "https:"); }

const kirsch_field* find_field(std::span<const kirsch_field> fields, FieldName name) {
  for (const kirsch_field& line : fields) {
    if (line.id == static_cast<std::uint16_t>(name)) return &line;
  }
  return nullptr;
}

const kirsch_field* find_field(std::span<const kirsch_field> fields, std::string_view wanted) {
  const FieldName known = field_name(wanted);
  if (known != FieldName::other) return find_field(fields, known);
  for (const kirsch_field& line : fields) {
    if (line.id == 0 && equal_ignoring_case(http::name(line), wanted)) return &line;
  }
  return nullptr;
}

}  // namespace kirsch::http
