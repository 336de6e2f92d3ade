// Which form of a file a client wants by its Accept-Encoding (RFC 9110 12.5.3).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace static_files {

struct Coding {
  std::string_view name;       // as in Content-Encoding: "gzip"
  std::string_view extension;  // of the sibling: ".gz"
};

inline constexpr Coding known_codings[] = {{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}};
inline constexpr Coding identity{"identity", ""};

// The index into `offered` of the form to send, the most wanted first, of equally wanted ones the first. Nullopt: none
// is acceptable. Without the field, or with an empty one, only identity is.
std::optional<std::size_t> choose_coding(std::optional<std::string_view> accept, std::span<const Coding> offered);

}  // namespace static_files
