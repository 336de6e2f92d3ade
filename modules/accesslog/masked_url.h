// Hides values of queries that nobody else should read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace accesslog {

// `url` with *** for the values of the query parameters `names` (lower case; theirs may be of any case, and encoded).
// The view is of `url` if there is nothing to hide, else of `scratch`.
std::string_view masked_url(std::string_view url, const std::vector<std::string>& names, std::string& scratch);

}  // namespace accesslog
