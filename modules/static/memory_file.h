// Bytes in memory that leave like a file: the kernel passes their pages on, where it copies other memory.
#pragma once

#include <kirsch/body.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace static_files {

// They never change and are never away on a disk.
class MemoryFile {
 public:
  MemoryFile() = default;
  // Stays empty where the system gives no memory or no descriptor.
  explicit MemoryFile(std::string_view bytes);
  MemoryFile(MemoryFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(std::exchange(other.bytes_, {})) {}
  MemoryFile& operator=(MemoryFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryFile();

  std::string_view bytes() const { return bytes_; }
  kirsch::Piece piece(std::uint64_t offset, std::uint64_t count) const {
    return kirsch::piece(bytes_.substr(offset, count), descriptor_, offset);
  }

 private:
  int descriptor_ = -1;
  std::string_view bytes_;  // mapped
};

}  // namespace static_files
