// Reads the answers of one connection as they arrive, and measures each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kirsch::load {

struct Answer {
  unsigned status = 0;
  std::uint64_t body = 0;   // bytes, without the framing of chunks
  std::uint64_t bytes = 0;  // of the whole answer, head and framing included
  bool last = false;        // the server ends the connection behind it
};

class AnswerReader {
 public:
  // Takes bytes from the front of `input` up to the end of one answer, which it returns, or all of them. After a fault
  // it takes none.
  std::optional<Answer> read(std::string_view& input);
  // The connection has ended: an answer without a length is complete by that. Anything else that is under way is a
  // fault.
  std::optional<Answer> end();

  bool idle() const noexcept { return part_ == first_ && head_.empty() && line_.empty() && !faulty(); }
  bool faulty() const noexcept { return !fault_.empty(); }
  const std::string& fault() const noexcept { return fault_; }
  void reset();
  // From now on answers are messages of WebSocket in one frame each, without compression. Their status is 200.
  void become_frames() {
    first_ = Part::frame_head;
    part_ = first_;
  }

 private:
  enum class Part : std::uint8_t {
    head,
    body,
    body_until_end,
    chunk_size,
    chunk,
    chunk_end,
    trailer,
    frame_head,
    frame
  };

  void read_head(std::string_view& input);
  void read_frame_head(std::string_view& input);
  void understand(std::string_view head);
  void field(std::string_view name, std::string_view value);
  void read_line(std::string_view& input);
  void take_line();
  void chunk_size();
  void pass(std::string_view& input, Part next);
  void consume(std::string_view& input, std::size_t size);
  std::optional<Answer> complete();
  void fail(std::string_view what) { fault_ = what; }

  Part first_ = Part::head;  // of each answer
  Part part_ = Part::head;
  Answer answer_;
  bool done_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::string head_;        // what has come of a head that is not complete
  std::string line_;        // the same of a chunk's size, a trailer, or the head of a frame
  std::string fault_;
};

}  // namespace kirsch::load
