// Files below a directory that a path of a client can never leave (feature kirsch/file/1).
#pragma once

#include <cstdint>
#include <string_view>

namespace kirsch::pipeline {

struct FileFacts {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
};

// A descriptor of the caller, or -errno. Never blocks on a FIFO; regular files only (ENODEV otherwise, EISDIR for a
// directory). Links are followed as long as they stay below `root`.
int open_beneath(int root, std::string_view relative, FileFacts& facts) noexcept;

// The same for a directory, to read its names.
int open_directory_beneath(int root, std::string_view relative) noexcept;

// Whether sending that part would probably not wait for the disk. True where the file system cannot tell.
bool resident(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept;
// Worker: reads that part, so that it is in memory.
void load(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept;

// A descriptor of the caller, or -errno.
int open_directory(std::string_view path) noexcept;

}  // namespace kirsch::pipeline
