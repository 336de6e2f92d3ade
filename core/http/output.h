// What waits to be sent on one connection: pieces of memory, copied, borrowed or shared, and ranges of files, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/page.h"
#include "http/transaction.h"
#include "net/transport.h"

namespace kirsch::http {

// Memory for copied bytes. One pool per loop; must outlive the outputs that use it.
class OutputBlocks {
 public:
  struct Block {
    std::size_t size;
    std::size_t used;
    std::uint32_t references;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };
  static constexpr std::size_t usual = base::page_size - sizeof(Block);  // bytes of nearly all blocks

  OutputBlocks() = default;
  ~OutputBlocks();
  OutputBlocks(const OutputBlocks&) = delete;
  OutputBlocks& operator=(const OutputBlocks&) = delete;

  Block* take(std::size_t at_least);
  void give(Block* block) noexcept;
  // Worth a shed, soon.
  bool many() const noexcept { return free_.size() > least_kept; }
  // Destroys the blocks that nobody has needed since the last call.
  void shed() noexcept;

 private:
  static constexpr std::size_t least_kept = 4;

  static void destroy(Block* block) noexcept;

  std::vector<Block*> free_;
  std::size_t untouched_ = 0;  // of free_, from its front, since the last shed
};

class Output {
 public:
  // Of one send of memory. It grows for fast peers, which then cost few system calls, and shrinks for slow ones, whose
  // producers then run evenly. Files leave whole: the transport cuts them.
  static constexpr std::uint64_t smallest_slice = 16 * 1024;
  static constexpr std::uint64_t first_slice = 64 * 1024;
  static constexpr std::uint64_t largest_slice = 256 * 1024;
  // What a peer must take between two looks.
  static constexpr std::uint64_t least_taken = 16 * 1024;

  // Borrowed and shared pieces up to that size are copied: a piece of its own costs more.
  static constexpr std::size_t small_piece = 1024;

  explicit Output(OutputBlocks& blocks) : blocks_(&blocks) {}
  ~Output() {
    clear();
    forget_block();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void copy(std::string_view bytes);
  // Room for what is then written there up to the end that `written` is told, which is not beyond it.
  char* room(std::size_t size) {
    if (block_ == nullptr || block_->size - block_->used < size) [[unlikely]]
      take_block(size);
    if (run_ == 0 && segments_.size() == segments_.capacity()) [[unlikely]]
      keep_place();
    return block_->bytes() + block_->used;
  }
  void written(const char* end) {
    const auto size = static_cast<std::size_t>(end - (block_->bytes() + block_->used));
    block_->used += size;
    queued_ += size;
    run_ += size;
  }
  void borrow(std::string_view bytes);  // unchanged until it was sent or clear()
  void share(std::string_view bytes, void (*release)(void* owner), void* owner);  // release runs exactly once
  // The descriptor stays open until release, which runs exactly once.
  void file(const FilePart& part, void (*release)(void* owner), void* owner);

  std::uint64_t queued() const { return queued_; }  // bytes of memory and of files
  // Bytes that went to the kernel, of all answers, without what it has taken of those under way.
  std::uint64_t sent() const { return sent_; }
  bool empty() const { return queued_ == 0; }
  std::uint64_t in_flight() const { return in_flight_; }  // bytes under way
  // When to look whether the peer takes what is under way: soon, to learn where it stands, and then each `patience`.
  base::SteadyTime look_due(std::chrono::milliseconds patience) const {
    return look_ + (untaken_ == unknown ? patience / 4 : patience);
  }
  // Looks. True: the peer has taken less than least_taken since the look before.
  bool stalls(const net::Transport& transport, base::SteadyTime now) noexcept;

  // Starts the next send if something waits and none is under way. What the kernel takes at once is done with.
  void flush(net::Transport& transport, base::SteadyTime now) noexcept {
    if (in_flight_ != 0 || empty()) return;
    segments_.empty() && run_ <= smallest_slice ? send_run(transport, now) : send_segments(transport, now);
  }
  // The transport's on_sent: what was under way is in the kernel.
  void on_sent(base::SteadyTime now) noexcept;
  // The transport has ended and left so much of what was under way to nobody.
  void on_ended(std::uint64_t unsent) noexcept;
  // Drops and releases everything. Only before the first flush or after the transport is gone.
  [[gnu::always_inline]] void clear() noexcept {
    if (queued_ != 0) release_all();
    slice_ = first_slice;
    if (segments_.capacity() > most_pieces || (block_ != nullptr && block_->size > OutputBlocks::usual)) [[unlikely]]
      trim();
  }

 private:
  static constexpr std::size_t most_pieces = 64;  // of one send

  enum class Kind : std::uint8_t { copied, borrowed, shared, file };
  struct Segment {
    Kind kind;
    int descriptor;
    const char* data;
    std::uint64_t size;    // not yet in the kernel
    std::uint64_t offset;  // in the file
    void* owner;           // of a shared piece; the block of a copied one
    void (*release)(void* owner);
  };

  static constexpr std::uint64_t unknown = UINT64_MAX;

  void send_segments(net::Transport& transport, base::SteadyTime now) noexcept;
  void send_run(net::Transport& transport, base::SteadyTime now) noexcept;
  void take_block(std::size_t size);
  void keep_place();
  void trim() noexcept;
  void end_run() noexcept;
  void begin_flight(base::SteadyTime now) noexcept {
    flight_begin_ = look_ = now;
    untaken_ = unknown;
  }
  void end_flight() noexcept;
  void pop() noexcept;
  void release_all() noexcept;
  void forget_block() noexcept;

  OutputBlocks* blocks_;
  std::vector<Segment> segments_;
  std::size_t first_ = 0;  // those before it are done
  std::size_t segments_in_flight_ = 0;
  std::uint64_t in_flight_ = 0;  // bytes
  std::uint64_t sent_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t slice_ = first_slice;  // bytes per send
  base::SteadyTime flight_begin_{};
  base::SteadyTime look_{};               // the last one, or when the flight began
  std::uint64_t untaken_ = unknown;       // by the peer, at the last look of this flight
  OutputBlocks::Block* block_ = nullptr;  // where the next copied bytes go
  std::size_t run_ = 0;                   // the last bytes of block_: they wait behind all segments and are none yet
};

}  // namespace kirsch::http
