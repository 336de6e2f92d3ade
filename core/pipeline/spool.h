// Where request bodies go that are too large for memory: unlinked files, written by workers, read by mapping them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace kirsch::pipeline {

class Spool;

// One body. One thread at a time. What it took of the quota goes back with it.
class SpoolFile {
 public:
  explicit SpoolFile(std::shared_ptr<Spool> spool) : spool_(std::move(spool)) {}
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();

  // Worker: may wait for the disk. 0, or why not all of it was written: an errno, EDQUOT where the quota is used up.
  int append(std::string_view bytes) noexcept;
  // All that was appended, as long as the file lives. Once, after the last append. Null data: no memory to map it.
  std::string_view map() noexcept;

  // Gives the memory behind a part of the view back; looking at it again reads the file.
  void give_back(std::string_view part) const noexcept;

  int descriptor() const { return file_.get(); }
  std::uint64_t size() const { return size_; }

 private:
  std::shared_ptr<Spool> spool_;
  base::UniqueFd file_;
  std::uint64_t size_ = 0;
  std::uint64_t reserved_ = 0;
  void* mapped_ = nullptr;
};

// The folder and the quota of all bodies together. Any thread.
class Spool {
 public:
  // `directory` is there and belongs to the server alone.
  Spool(std::filesystem::path directory, std::uint64_t quota) : directory_(std::move(directory)), quota_(quota) {}

  // A new file without a name; on failure an empty descriptor and errno.
  base::UniqueFd create() const noexcept;
  bool reserve(std::uint64_t bytes) noexcept;
  void release(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  const std::filesystem::path directory_;
  const std::uint64_t quota_;
  std::atomic<std::uint64_t> used_ = 0;
};

}  // namespace kirsch::pipeline
