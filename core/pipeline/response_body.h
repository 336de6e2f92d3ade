// The body of an answer in whichever form a module gave it, and its release.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "base/unique_fd.h"
#include "kirsch/abi.h"
#include "pipeline/blob.h"

namespace kirsch::pipeline {

// A reference to a blob.
class BlobReference {
 public:
  explicit BlobReference(kirsch_blob* blob) : blob_(blob) { retain(blob_); }
  BlobReference(BlobReference&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
  BlobReference& operator=(BlobReference&& other) noexcept {
    std::swap(blob_, other.blob_);
    return *this;
  }
  ~BlobReference() {
    if (blob_ != nullptr) release(blob_);
  }
  std::string_view bytes() const { return blob_->text; }
  kirsch_blob* take() { return std::exchange(blob_, nullptr); }

 private:
  kirsch_blob* blob_;
};

struct FileRange {
  base::UniqueFd descriptor;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// A body that is made while it leaves; destroys its producer.
class ProducedBody {
 public:
  ProducedBody(const kirsch_producer& table, void* self, std::uint64_t size)
      : table_(&table), self_(self), size_(size) {}
  ProducedBody(ProducedBody&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), self_(other.self_), size_(other.size_) {}
  ProducedBody& operator=(ProducedBody&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(self_, other.self_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~ProducedBody() {
    if (table_ != nullptr) table_->destroy(self_);
  }
  // As kirsch_producer::produce. Loop only.
  std::int64_t produce(char* buffer, std::size_t capacity, std::uint8_t* done) {
    return table_->produce(self_, buffer, capacity, done);
  }
  std::uint64_t size() const { return size_; }  // UINT64_MAX: unknown

 private:
  const kirsch_producer* table_;
  void* self_;
  std::uint64_t size_;
};

// string_view: bytes of the arena, or of the instance that gave them.
using ResponseBody = std::variant<std::string_view, BlobReference, FileRange, ProducedBody>;

// UINT64_MAX: unknown.
inline std::uint64_t size(const ResponseBody& body) {
  if (const auto* bytes = std::get_if<std::string_view>(&body)) return bytes->size();
  if (const auto* blob = std::get_if<BlobReference>(&body)) return blob->bytes().size();
  if (const auto* file = std::get_if<FileRange>(&body)) return file->size;
  return std::get<ProducedBody>(body).size();
}

}  // namespace kirsch::pipeline
