// The body of an answer in whichever form a module gave it, and its release.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

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

// What keeps the bytes and descriptors of pieces; `release` runs with the last reference, on any thread.
class PieceOwner {
 public:
  PieceOwner(void (*release)(void* owner), void* owner) : release_(release), owner_(owner) {}
  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  static void drop(void* self) noexcept {
    auto* const mine = static_cast<PieceOwner*>(self);
    if (mine->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete mine;
  }

 private:
  ~PieceOwner() { release_(owner_); }

  void (*release_)(void* owner);
  void* owner_;
  std::atomic<std::uint32_t> references_ = 1;
};

// Pieces of memory and of files, one after another.
class PieceBody {
 public:
  PieceBody(std::span<const kirsch_piece> pieces, void (*release)(void* owner), void* owner)
      : owner_(new PieceOwner(release, owner)), pieces_(pieces.begin(), pieces.end()) {}
  PieceBody(PieceBody&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), pieces_(std::move(other.pieces_)), next_(other.next_) {}
  PieceBody& operator=(PieceBody&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(pieces_, other.pieces_);
    std::swap(next_, other.next_);
    return *this;
  }
  ~PieceBody() { let_go(); }
  // What was taken lives on with its references; nothing is taken any more.
  void let_go() noexcept {
    if (owner_ != nullptr) PieceOwner::drop(std::exchange(owner_, nullptr));
  }
  std::uint64_t size() const {
    std::uint64_t sum = 0;
    for (const auto& piece : pieces_) sum += piece.descriptor < 0 ? piece.bytes.size : piece.size;
    return sum;
  }
  // Null: all have been taken.
  const kirsch_piece* next() const { return next_ == pieces_.size() ? nullptr : &pieces_[next_]; }
  // The front of the next piece has been taken: of a file so many bytes, of memory all.
  void advance(std::uint64_t bytes) {
    kirsch_piece& piece = pieces_[next_];
    piece.offset += bytes;
    piece.size -= std::min(bytes, piece.size);
    if (piece.descriptor < 0 || piece.size == 0) ++next_;
  }
  // A reference for who calls PieceOwner::drop.
  PieceOwner* share() const {
    owner_->retain();
    return owner_;
  }

 private:
  PieceOwner* owner_;
  std::vector<kirsch_piece> pieces_;
  std::size_t next_ = 0;
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
using ResponseBody = std::variant<std::string_view, BlobReference, PieceBody, ProducedBody>;

// UINT64_MAX: unknown.
inline std::uint64_t size(const ResponseBody& body) {
  if (const auto* bytes = std::get_if<std::string_view>(&body)) return bytes->size();
  if (const auto* blob = std::get_if<BlobReference>(&body)) return blob->bytes().size();
  if (const auto* pieces = std::get_if<PieceBody>(&body)) return pieces->size();
  return std::get<ProducedBody>(body).size();
}

}  // namespace kirsch::pipeline
