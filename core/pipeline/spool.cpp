// O_TMPFILE where the file system has it, else a name that is removed at once.
#include "pipeline/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace kirsch::pipeline {

SpoolFile::~SpoolFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, size_);
  spool_->release(reserved_);
}

int SpoolFile::append(std::string_view bytes) noexcept {
  if (!spool_->reserve(bytes.size())) return EDQUOT;
  reserved_ += bytes.size();
  if (!file_) file_ = spool_->create();
  if (!file_) return errno;
  while (!bytes.empty()) {
    const auto count = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    size_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

std::string_view SpoolFile::map() noexcept {
  void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (at == MAP_FAILED) return {};
  mapped_ = at;
  return {static_cast<const char*>(at), size_};
}

void SpoolFile::give_back(std::string_view part) const noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data()) & ~(page - 1);
  const auto end = reinterpret_cast<std::uintptr_t>(part.data()) + part.size();
  // Private and never written to: the pages are the file's.
  if (mapped_ != nullptr && !part.empty()) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

base::UniqueFd Spool::create() const noexcept {
  base::UniqueFd file(::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return file;
  std::string name = (directory_ / "body-XXXXXX").string();
  file = base::UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (file) ::unlink(name.c_str());
  return file;
}

bool Spool::reserve(std::uint64_t bytes) noexcept {
  const auto before = used_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= quota_) return true;
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

}  // namespace kirsch::pipeline
