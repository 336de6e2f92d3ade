// A file without a name that lives in memory only, mapped for those who cannot send it as one.
#include "memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

namespace static_files {

MemoryFile::MemoryFile(std::string_view bytes) {
  descriptor_ = ::memfd_create("static", MFD_CLOEXEC);
  if (descriptor_ < 0) return;
  const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), 0);
  if (written != static_cast<ssize_t>(bytes.size())) return;
  void* const memory = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, descriptor_, 0);
  if (memory != MAP_FAILED) bytes_ = {static_cast<const char*>(memory), bytes.size()};
}

MemoryFile::~MemoryFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace static_files
