// The forms in which a page can be given, in the order of preference where a client wants several alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace error_pages {

enum class Format : std::uint8_t { html, json, text };
inline constexpr std::array formats{Format::html, Format::json, Format::text};

struct MediaType {
  std::string_view name;    // as Accept has it
  std::string_view header;  // as Content-Type has it
};
inline constexpr std::array<MediaType, 3> media_types{{{"text/html", "text/html; charset=utf-8"},
                                                       {"application/json", "application/json"},
                                                       {"text/plain", "text/plain; charset=utf-8"}}};

constexpr const MediaType& media_type(Format format) { return media_types[static_cast<std::size_t>(format)]; }

}  // namespace error_pages
