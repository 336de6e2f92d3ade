// What a path of a client names: found by a worker, sent by a loop.
#pragma once

#include <kirsch/body.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content_coding.h"
#include "file_version.h"
#include "media_types.h"

namespace static_files {

struct Form {
  Coding coding;
  std::shared_ptr<const FileVersion> version;
};

// Immutable once made.
struct Resource {
  int error = 0;            // errno: none of the below
  std::vector<Form> forms;  // of a file, in the order of preference; identity is the last one
  bool fallback = false;    // the page for paths that name nothing
  std::string path;         // of the file, below the root
  std::string type;         // its media type
  std::optional<kirsch::PreparedField> type_field;
  bool immutable = false;  // its bytes never change
  std::string listing;     // of a directory without an index: the page
  bool listing_json = false;

  std::uint64_t memory() const;  // bytes, roughly
};

// Whether such an error means, for a client, that there is nothing: no file, no plain one, or none inside of the root.
bool is_missing(int error);

// How files are found. Immutable once made; shared by the handler and the work it has given to workers.
struct Finder {
  kirsch::Root root;
  std::vector<std::string> index;
  std::vector<Coding> codings;  // of precompressed siblings
  std::string fallback;         // empty: none
  MediaTypes media_types{{}};
  std::vector<std::string> immutable;  // patterns: with a slash for the path below the root, else for the name alone
  bool listing = false;
  std::uint64_t in_memory = 0;  // files up to so many bytes are kept in memory

  struct Wishes {
    bool page = false;          // the client takes HTML: the fallback may answer
    bool json_listing = false;  // rather than HTML
  };
  // Worker: may wait for the disk. `known` is what the path named before, or null.
  Resource find(std::string_view relative, std::string_view request_path, Wishes wishes,
                const std::shared_ptr<const Resource>& known) const;

 private:
  bool is_immutable(const std::string& path) const;
  Resource file(std::string path, const std::shared_ptr<const Resource>& known) const;
  Resource directory(std::string_view relative, std::string_view request_path, bool json,
                     const std::shared_ptr<const Resource>& known) const;
  // Of a name that the client has not asked for: a directory of that name is nothing that it could be led to.
  Resource plain_file(std::string path, const std::shared_ptr<const Resource>& known) const;
};

}  // namespace static_files
