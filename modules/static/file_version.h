// One version of a file: its bytes or an open descriptor, and the validators that belong to exactly these bytes.
#pragma once

#include <kirsch/body.h>
#include <kirsch/host.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "memory_file.h"

namespace static_files {

// Immutable once made, so any thread may read it. Closes its descriptor.
struct FileVersion {
  FileVersion() = default;
  FileVersion(const FileVersion&) = delete;
  FileVersion& operator=(const FileVersion&) = delete;
  ~FileVersion();

  // A part of it; valid as long as this object.
  kirsch::Piece piece(std::uint64_t offset, std::uint64_t count) const {
    if (descriptor >= 0) return kirsch::piece(descriptor, offset, count);
    return pages.bytes().empty() ? kirsch::piece(content.bytes().substr(offset, count)) : pages.piece(offset, count);
  }
  std::uint64_t memory() const { return content.bytes().size() + pages.bytes().size(); }

  // Where its bytes are: in one of the three.
  int descriptor = -1;
  MemoryFile pages;
  kirsch::Blob content;
  std::uint64_t size = 0;
  std::chrono::sys_seconds modified;
  std::string etag;
  std::optional<kirsch::PreparedField> etag_field, modified_field;  // of a version that is complete

  // By these a later look tells whether the file has changed. Not settled: it changed so shortly before it was read
  // that another change may bear the same time.
  std::uint64_t device = 0, inode = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool settled = false;
};

struct Loaded {
  int error = 0;  // errno, as kirsch::Root::open
  std::shared_ptr<const FileVersion> version;
};

// The file as it is now; `known` again if it has not changed since. Files up to `in_memory` bytes are read, their
// entity-tag is a hash of their bytes: copies with the same time and size differ all the same. Worker: may wait for the
// disk.
Loaded load_version(const kirsch::Root& root, std::string_view path, std::uint64_t in_memory,
                    const std::shared_ptr<const FileVersion>& known);

}  // namespace static_files
