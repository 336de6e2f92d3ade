// Reading a kirsch_field as text.
#pragma once

#include <string_view>

#include "http/field_names.h"
#include "kirsch/abi.h"

namespace kirsch::http {

inline std::string_view name(const kirsch_field& field) { return {field.name, field.name_size}; }
inline std::string_view value(const kirsch_field& field) { return {field.value, field.value_size}; }

}  // namespace kirsch::http
