// Where the server keeps what is its own: private copies of modules, spool files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace kirsch::server {

// `configured`, else $STATE_DIRECTORY, else /var/lib/kirsch for root, else a directory in the user's cache. Made with
// mode 0700 if it is missing. Throws base::Refusal.
std::filesystem::path state_directory(const std::optional<std::string>& configured);

// The folder in it for bodies of requests; made if it is missing. Throws base::Refusal.
std::filesystem::path spool_directory(const std::filesystem::path& state);

}  // namespace kirsch::server
