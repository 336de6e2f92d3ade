// Files of pages, read at load.
#pragma once

#include <optional>
#include <string>

#include "format.h"

namespace error_pages {

// Throws std::invalid_argument, with a sentence that goes on after the name of the file: not there, not a plain file,
// too large.
std::string page_file(const std::string& path);

// By the ending of its name: .html and .htm, .json, .txt.
std::optional<Format> format_of(const std::string& path);

}  // namespace error_pages
