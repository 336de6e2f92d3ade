// The codes of what is refused in a configuration.
#pragma once

namespace kirsch::config::code {

// The text
inline constexpr const char* unreadable = "C001";
inline constexpr const char* untrusted_file = "C002";
inline constexpr const char* too_large = "C003";  // bytes, nodes, depth
inline constexpr const char* encoding = "C004";
inline constexpr const char* tab = "C005";
inline constexpr const char* syntax = "C006";
inline constexpr const char* duplicate_key = "C007";
inline constexpr const char* unsupported_yaml = "C008";  // aliases, anchors, tags, merge keys, directives
inline constexpr const char* second_document = "C009";
inline constexpr const char* folded_text = "C010";

// Keys and values
inline constexpr const char* unknown_key = "C011";
inline constexpr const char* unknown_name = "C012";  // of a tool, handler, plugin, provider
inline constexpr const char* missing = "C013";
inline constexpr const char* wrong_type = "C014";
inline constexpr const char* out_of_range = "C015";
inline constexpr const char* unset_variable = "C016";
inline constexpr const char* unreadable_secret = "C017";
inline constexpr const char* faulty_default = "C018";

// The whole
inline constexpr const char* not_supported_yet = "C020";
inline constexpr const char* bad_path = "C021";
inline constexpr const char* twice = "C022";              // a path, host or address
inline constexpr const char* unknown_reference = "C023";  // a listener or pipeline
inline constexpr const char* bad_address = "C024";
inline constexpr const char* bad_host = "C025";

// Warnings
inline constexpr const char* unused = "C040";
inline constexpr const char* overlapping = "C041";
inline constexpr const char* readable_secret = "C042";
inline constexpr const char* unreachable = "C043";

}  // namespace kirsch::config::code
