// The head of a request with its bytes: held by the memory that it was read with, in which the next one is compared
// with it, and by whoever answers, who may need it longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/page.h"
#include "http/head.h"

namespace kirsch::http {

// A reference, or none. References to one head belong to one thread at a time; the head itself is never changed while
// there is more than one.
class KeptHead {
 public:
  KeptHead() = default;
  KeptHead(const KeptHead& other) noexcept : held_(other.held_) {
    if (held_ != nullptr) ++held_->references;
  }
  KeptHead& operator=(const KeptHead&) = delete;
  ~KeptHead() { reset(); }

  const RequestHead& operator*() const { return held_->head; }
  const RequestHead* operator->() const { return &held_->head; }
  // That of keep.
  std::uint64_t number() const { return held_->number; }

  static constexpr std::uint64_t malformed = 0;
  // What a parser may compare with; null: none, or malformed.
  const RequestHead* known() const { return held_ != nullptr && held_->number != malformed ? &held_->head : nullptr; }
  // From now on it holds a copy of `head` with all that its views point to. `number` is that of
  // Service::next_head, or `malformed`.
  void keep(const RequestHead& head, std::uint64_t number);
  // Holds what `other`, which is not none, does.
  void share(const KeptHead& other) noexcept {
    reset();
    held_ = other.held_;
    ++held_->references;
  }
  // Whether `text` begins with the head that is held, word for word, so that reading it would come to the same.
  bool leads(std::string_view text) const {
    if (known() == nullptr) return false;
    const std::string_view words = held_->head.bytes;
    return text.size() >= words.size() && std::memcmp(text.data(), words.data(), words.size()) == 0;
  }

  void reset() noexcept {
    if (held_ != nullptr && --held_->references == 0) destroy();
    held_ = nullptr;
  }
  // None, if it takes more memory than a usual head.
  void trim() noexcept {
    if (held_ != nullptr && held_->room > base::page_size) reset();
  }

 private:
  struct Held {
    RequestHead head;
    std::size_t room;  // with this, the fields and the bytes
    std::uint64_t number;
    std::uint32_t references;
  };

  void destroy() noexcept;

  Held* held_ = nullptr;
};

}  // namespace kirsch::http
