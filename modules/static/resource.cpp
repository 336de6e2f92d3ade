// Index files, precompressed siblings, the fallback.
#include "resource.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "listing.h"
#include "request_path.h"

namespace static_files {

std::uint64_t Resource::memory() const {
  std::uint64_t sum = sizeof *this + path.size();
  for (const auto& form : forms) sum += sizeof(FileVersion) + form.version->memory();
  return sum;
}

bool is_missing(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENODEV:  // a device, a pipe, a socket
    case ENXIO:
    case EXDEV:  // a link that points outside
    case ELOOP:
    case EINVAL:
    case ENAMETOOLONG:
      return true;
    default:
      return false;
  }
}

bool Finder::is_immutable(const std::string& path) const {
  const auto name = path.substr(path.find_last_of('/') + 1);
  return std::any_of(immutable.begin(), immutable.end(), [&](const std::string& pattern) {
    const auto& subject = pattern.find('/') == std::string::npos ? name : path;
    return ::fnmatch(pattern.c_str(), subject.c_str(), FNM_PATHNAME) == 0;
  });
}

Resource Finder::file(std::string path, const std::shared_ptr<const Resource>& known) const {
  const auto known_form = [&](std::string_view coding) -> std::shared_ptr<const FileVersion> {
    if (known == nullptr || known->path != path) return nullptr;
    for (const auto& form : known->forms) {
      if (form.coding.name == coding) return form.version;
    }
    return nullptr;
  };
  Resource found;
  auto plain = load_version(root, path, in_memory, known_form(identity.name));
  found.error = plain.error;
  if (plain.error != 0) return found;
  for (const auto& coding : codings) {
    auto sibling = load_version(root, path + std::string(coding.extension), in_memory, known_form(coding.name));
    // One that is older than the file was made of another version of it.
    if (sibling.error == 0 && sibling.version->modified_ns >= plain.version->modified_ns) {
      found.forms.push_back({coding, std::move(sibling.version)});
    }
  }
  found.forms.push_back({identity, std::move(plain.version)});
  found.type = media_types.of(path);
  found.type_field.emplace("Content-Type", found.type);
  found.immutable = is_immutable(path);
  found.path = std::move(path);
  return found;
}

Resource Finder::plain_file(std::string path, const std::shared_ptr<const Resource>& known) const {
  auto found = file(std::move(path), known);
  if (found.error == EISDIR) found.error = ENOENT;
  return found;
}

Resource Finder::directory(std::string_view relative, std::string_view request_path, bool json,
                           const std::shared_ptr<const Resource>& known) const {
  Resource found;
  found.error = ENOENT;
  for (const auto& name : index) {
    found = plain_file(std::string(relative) + name, known);
    if (!is_missing(found.error)) return found;
  }
  if (listing) {
    found.error = list_directory(root, relative, request_path, json, found.listing);
    found.listing_json = json;
  }
  return found;
}

Resource Finder::find(std::string_view relative, std::string_view request_path, Wishes wishes,
                      const std::shared_ptr<const Resource>& known) const {
  Resource found;
  found.error = ENOENT;
  if (!is_hidden(relative)) {
    const bool plain = !relative.empty() && !relative.ends_with('/');
    found = plain ? file(std::string(relative), known) : directory(relative, request_path, wishes.json_listing, known);
  }
  const auto name = relative.substr(relative.find_last_of('/') + 1);
  if (is_missing(found.error) && wishes.page && !fallback.empty() && name.find('.') == std::string_view::npos) {
    found = plain_file(fallback, nullptr);
    found.fallback = true;
  }
  return found;
}

}  // namespace static_files
