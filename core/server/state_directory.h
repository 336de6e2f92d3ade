// Where the server keeps what is its own: private copies of modules, spool files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace kirsch::server {

// As below, but nothing is made.
std::filesystem::path state_path(const std::optional<std::string>& configured);

// `configured`, else $STATE_DIRECTORY, else /var/lib/kirsch for root, else a directory in the user's cache. Made with
// mode 0700 if it is missing. Throws base::Refusal.
std::filesystem::path state_directory(const std::optional<std::string>& configured);

// The folder in it for bodies of requests, of the effective user; made if it is missing. Throws base::Refusal.
std::filesystem::path spool_directory(const std::filesystem::path& state);

// Before privileges are dropped: makes what that user will want to write in. Throws base::Refusal.
void give_state(const std::filesystem::path& state, uid_t user, gid_t group);

}  // namespace kirsch::server
