// Immutable bytes shared by many answers and streams (feature kirsch/blob/1).
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <string_view>

#include "kirsch/abi.h"

struct kirsch_blob {
  explicit kirsch_blob(std::span<const kirsch_text> pieces) {
    std::size_t size = 0;
    for (const auto& piece : pieces) size += piece.size;
    text.reserve(size);
    for (const auto& piece : pieces) text.append(piece.data, piece.size);
  }
  std::atomic<std::uint32_t> references = 1;
  std::string text;
};

namespace kirsch::pipeline {

// Any thread.
inline void retain(kirsch_blob* blob) noexcept { blob->references.fetch_add(1, std::memory_order_relaxed); }
inline void release(kirsch_blob* blob) noexcept {
  if (blob->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete blob;
}

}  // namespace kirsch::pipeline
