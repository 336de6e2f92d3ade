// The media type of a file by the extension of its name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace static_files {

// Immutable once made, so any thread may ask.
class MediaTypes {
 public:
  // `changes` (extension → type) go over the built-in table. Throws kirsch::OptionError("types", …).
  explicit MediaTypes(const std::vector<std::pair<std::string, std::string>>& changes);

  // Of a path; application/octet-stream for an unknown extension or none. Valid as long as this object.
  std::string_view of(std::string_view path) const;

 private:
  std::map<std::string, std::string, std::less<>> types_;
};

}  // namespace static_files
