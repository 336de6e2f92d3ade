// The spellings of single values: exactly one for each meaning, and what to write instead of the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/schema.h"

namespace kirsch::config {

// Why a text is no value of its type: "'x' is not …" goes on with `why`; `note` helps if it is not empty.
struct Misfit {
  std::string why;
  std::string note;
};

template <class Type>
using Parsed = std::variant<Type, Misfit>;

Parsed<bool> parsed_boolean(std::string_view text);
Parsed<std::int64_t> parsed_integer(std::string_view text);
Parsed<double> parsed_number(std::string_view text);
Parsed<std::int64_t> parsed_duration(std::string_view text);  // nanoseconds
Parsed<std::int64_t> parsed_size(std::string_view text);      // bytes
Parsed<std::string> parsed_cidr(std::string_view text);       // 17 bytes
std::string network_text(const std::string& bytes);           // what parsed_cidr makes, as text

// A limit of an integer, number, duration or size, as it is written.
std::string bound_text(const base::Schema& schema, double number);

}  // namespace kirsch::config
