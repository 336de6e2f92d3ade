// The page that lists a directory.
#pragma once

#include <kirsch/body.h>

#include <string>
#include <string_view>

namespace static_files {

// Names that are served only: no dot files, nothing that leads out of the root, no devices. At most 10,000; the page
// says if there are more. `request_path` is its title. 0 or an errno. Worker: may wait for the disk.
int list_directory(const kirsch::Root& root, std::string_view relative, std::string_view request_path, bool json,
                   std::string& page);

}  // namespace static_files
