// Gathers pieces into sends and keeps account of what the kernel has taken.
#include "http/output.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

namespace kirsch::http {

namespace {

constexpr std::size_t least_segments = 4;
constexpr std::size_t most_free_blocks = 4096;

}  // namespace

OutputBlocks::~OutputBlocks() { std::ranges::for_each(free_, destroy); }

OutputBlocks::Block* OutputBlocks::take(std::size_t at_least) {
  Block* block = nullptr;
  if (at_least <= usual && !free_.empty()) {
    block = free_.back();
    free_.pop_back();
    untouched_ = std::min(untouched_, free_.size());
  } else {
    const std::size_t size = std::max(at_least, usual);
    block = static_cast<Block*>(base::take_memory(sizeof(Block) + size));
    block->size = size;
  }
  block->references = 0;
  block->used = 0;
  return block;
}

void OutputBlocks::give(Block* block) noexcept {
  if (block->size == usual && free_.size() < most_free_blocks) {
    free_.push_back(block);
  } else {
    destroy(block);
  }
}

void OutputBlocks::destroy(Block* block) noexcept { base::give_memory(block, sizeof(Block) + block->size); }

void OutputBlocks::shed() noexcept {
  const auto end = free_.begin() + static_cast<std::ptrdiff_t>(untouched_);
  std::for_each(free_.begin(), end, destroy);
  free_.erase(free_.begin(), end);
  untouched_ = free_.size();
}

// For at least so many bytes that follow each other.
void Output::take_block(std::size_t size) {
  end_run();
  forget_block();
  block_ = blocks_->take(size);
}

// For the segment that the run becomes, perhaps where nobody can be told that there is no memory.
void Output::keep_place() { segments_.reserve(std::max(least_segments, 2 * segments_.size())); }

// What comes next is no continuation of it.
void Output::end_run() noexcept {
  if (run_ == 0) return;
  ++block_->references;
  segments_.push_back({Kind::copied, -1, block_->bytes() + block_->used - run_, run_, 0, block_, nullptr});
  run_ = 0;
}

void Output::copy(std::string_view bytes) {
  if (bytes.empty()) return;
  char* const to = room(bytes.size());
  std::memcpy(to, bytes.data(), bytes.size());
  written(to + bytes.size());
}

void Output::borrow(std::string_view bytes) {
  if (bytes.size() <= small_piece) return copy(bytes);
  end_run();
  segments_.push_back({Kind::borrowed, -1, bytes.data(), bytes.size(), 0, nullptr, nullptr});
  queued_ += bytes.size();
}

void Output::share(std::string_view bytes, void (*release)(void* owner), void* owner) {
  if (bytes.size() <= small_piece) {
    copy(bytes);
    release(owner);
    return;
  }
  end_run();
  segments_.push_back({Kind::shared, -1, bytes.data(), bytes.size(), 0, owner, release});
  queued_ += bytes.size();
}

void Output::file(const FilePart& part, void (*release)(void* owner), void* owner) {
  if (part.size == 0) {
    release(owner);
    return;
  }
  end_run();
  segments_.push_back({Kind::file, part.descriptor, nullptr, part.size, part.offset, owner, release});
  queued_ += part.size;
}

void Output::send_segments(net::Transport& transport, base::SteadyTime now) noexcept {
  end_run();
  begin_flight(now);
  std::array<iovec, most_pieces> pieces;
  std::size_t count = 0;
  std::size_t next = first_;
  for (; next < segments_.size() && count < most_pieces && in_flight_ < slice_; ++next) {
    const Segment& segment = segments_[next];
    if (segment.kind == Kind::file) break;
    const auto size = static_cast<std::size_t>(std::min(segment.size, slice_ - in_flight_));
    pieces[count++] = {const_cast<char*>(segment.data), size};
    in_flight_ += size;
  }
  segments_in_flight_ = count;
  if (next < segments_.size() && in_flight_ < slice_ && segments_[next].kind == Kind::file) {
    const Segment& file = segments_[next];
    in_flight_ += file.size;
    ++segments_in_flight_;
    return transport.send_file({pieces.data(), count}, {file.descriptor, file.offset, file.size});
  }
  // Large answers leave by turns, whatever the kernel has room for: others wait.
  if (in_flight_ != queued_ || in_flight_ > smallest_slice) return transport.send({pieces.data(), count});
  if (transport.send_at_once({pieces.data(), count})) end_flight();
}

// A small answer: nearly always the kernel takes it at once, and there never was a segment.
void Output::send_run(net::Transport& transport, base::SteadyTime now) noexcept {
  const iovec piece{block_->bytes() + block_->used - run_, run_};
  in_flight_ = run_;
  if (transport.send_at_once({&piece, 1})) {
    sent_ += run_;
    run_ = block_->used = 0;
    queued_ = in_flight_ = 0;
    return;
  }
  end_run();
  segments_in_flight_ = 1;
  begin_flight(now);
}

void Output::on_sent(base::SteadyTime now) noexcept {
  using std::chrono::seconds;
  const auto took = now - flight_begin_;
  if (in_flight_ >= slice_ && took < seconds(1)) slice_ = std::min(slice_ * 2, largest_slice);
  if (took > seconds(5)) slice_ = std::max(slice_ / 2, smallest_slice);
  end_flight();
}

void Output::end_flight() noexcept {
  sent_ += in_flight_;
  if (in_flight_ == queued_) return release_all();
  queued_ -= in_flight_;
  segments_in_flight_ = 0;
  while (in_flight_ != 0) {
    Segment& segment = segments_[first_];
    const std::uint64_t sent = std::min(segment.size, in_flight_);
    in_flight_ -= sent;
    segment.size -= sent;
    if (segment.kind == Kind::file) {
      segment.offset += sent;
    } else {
      segment.data += sent;
    }
    if (segment.size == 0) pop();
  }
  if (first_ >= most_pieces && first_ * 2 >= segments_.size()) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

// What the kernel holds counts as not taken: it may hold megabytes, and takes nothing until a third of that has left.
bool Output::stalls(const net::Transport& transport, base::SteadyTime now) noexcept {
  const std::uint64_t untaken = transport.unsent() + transport.unacknowledged();
  const bool stalled = untaken_ != unknown && untaken + least_taken > untaken_;
  untaken_ = untaken;
  look_ = now;
  return stalled;
}

void Output::on_ended(std::uint64_t unsent) noexcept {
  sent_ += in_flight_ - std::min(unsent, in_flight_);
  in_flight_ = 0;
}

void Output::pop() noexcept {
  const Segment segment = segments_[first_++];
  if (segment.kind == Kind::file || segment.kind == Kind::shared) segment.release(segment.owner);
  if (segment.kind == Kind::copied) {
    auto* block = static_cast<OutputBlocks::Block*>(segment.owner);
    if (--block->references == 0 && block != block_) blocks_->give(block);
  }
}

// A block with segments goes back with the last of them.
void Output::forget_block() noexcept {
  if (block_ != nullptr && block_->references == 0) blocks_->give(block_);
  block_ = nullptr;
}

// A block that is used no more begins anew.
void Output::release_all() noexcept {
  while (first_ != segments_.size()) pop();
  segments_.clear();
  first_ = segments_in_flight_ = 0;
  queued_ = in_flight_ = run_ = 0;
  if (block_ != nullptr) block_->used = 0;
}

// Of nothing that is queued: gives back what a usual answer does not need.
void Output::trim() noexcept {
  if (segments_.capacity() > most_pieces) std::vector<Segment>().swap(segments_);
  if (block_ != nullptr && block_->size > OutputBlocks::usual) forget_block();
}

}  // namespace kirsch::http
