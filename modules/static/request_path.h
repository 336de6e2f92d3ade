// What part of a request's path names a file, and what must never be named.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace static_files {

// The path below `strip` ("" or "/prefix" without a slash at its end), relative: no slash in front. Nullopt when the
// path does not lie below it.
std::optional<std::string_view> path_below(std::string_view path, std::string_view strip);

// Names that are answered as if they did not exist: with a segment that begins with a dot, except .well-known at the
// top (RFC 8615), and with an encoded slash, which no file name can hold.
bool is_hidden(std::string_view relative);

// A decoded path as part of a URI again (RFC 3986 3.3), always with exactly one slash in front: two would make the
// browser read a host name.
std::string encoded(std::string_view path);

}  // namespace static_files
