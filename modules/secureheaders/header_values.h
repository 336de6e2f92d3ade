// The legal values of the headers that have a closed list of them.
#pragma once

#include <kirsch/options.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace secureheaders {

enum class Profile : std::uint8_t { standard, strict };
constexpr auto kirsch_names(Profile) { return std::array<std::string_view, 2>{"standard", "strict"}; }

enum class Sniffing : std::uint8_t { nosniff };
constexpr auto kirsch_names(Sniffing) { return std::array<std::string_view, 1>{"nosniff"}; }

enum class Framing : std::uint8_t { deny, same_origin };
constexpr auto kirsch_names(Framing) { return std::array<std::string_view, 2>{"DENY", "SAMEORIGIN"}; }

enum class Referrer : std::uint8_t {};
constexpr auto kirsch_names(Referrer) {
  return std::array<std::string_view, 8>{"no-referrer", "no-referrer-when-downgrade",
                                         "origin",      "origin-when-cross-origin",
                                         "same-origin", "strict-origin",
                                         "unsafe-url",  "strict-origin-when-cross-origin"};
}

enum class Opener : std::uint8_t {};
constexpr auto kirsch_names(Opener) {
  return std::array<std::string_view, 4>{"same-origin", "same-origin-allow-popups", "noopener-allow-popups",
                                         "unsafe-none"};
}

enum class Resource : std::uint8_t {};
constexpr auto kirsch_names(Resource) {
  return std::array<std::string_view, 3>{"same-origin", "same-site", "cross-origin"};
}

enum class Embedder : std::uint8_t { by_profile };
constexpr auto kirsch_names(Embedder) {
  return std::array<std::string_view, 4>{"by-profile", "require-corp", "credentialless", "unsafe-none"};
}

enum class CrossDomain : std::uint8_t {};
constexpr auto kirsch_names(CrossDomain) {
  return std::array<std::string_view, 6>{"none", "master-only",       "by-content-type", "by-ftp-filename",
                                         "all",  "none-this-response"};
}

template <class Enumeration>
std::string name_of(Enumeration value) {
  return std::string(kirsch_names(value)[static_cast<std::size_t>(value)]);
}

}  // namespace secureheaders
