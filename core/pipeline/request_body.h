// A request's body while it comes in: in memory up to a mark, beyond it in a file that workers write.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/spool.h"

namespace kirsch::pipeline {

// Loop. Keeps at most two pieces in memory while a third one is written.
class RequestBody {
 public:
  static constexpr std::size_t piece = 256 * 1024;

  struct Write {
    std::shared_ptr<SpoolFile> file;
    std::string bytes;
  };

  void begin(std::size_t memory) { memory_ = memory; }
  void append(std::string_view bytes) { bytes_.append(bytes); }
  void end() { ended_ = true; }

  // A piece waits that begin_write would take.
  bool wants_write() const;
  // Reading should pause until a write has ended.
  bool crowded() const { return writing_ && bytes_.size() >= 2 * piece; }
  // What a worker is to append to the file; end_write follows.
  Write begin_write(const std::shared_ptr<Spool>& spool);
  void end_write() { writing_ = false; }

  // All has arrived, and what was to be written is.
  bool complete() const { return ended_ && !writing_ && !wants_write(); }
  // Once complete: valid until clear. None: a file that cannot be mapped.
  std::optional<std::string_view> view();
  // A part of the view will hardly be looked at again soon: its memory goes back if it is a file's.
  void give_back(std::string_view part) const noexcept {
    if (file_ != nullptr) file_->give_back(part);
  }
  std::size_t capacity() const { return bytes_.capacity(); }  // of its memory
  // -1: it is in memory.
  int descriptor() const { return file_ == nullptr ? -1 : file_->descriptor(); }

  // Back to nothing. The file is handed out, because giving a large one back to its file system may wait for the disk.
  std::shared_ptr<SpoolFile> clear();

 private:
  std::size_t memory_ = 0;
  std::string bytes_;  // not yet written
  std::shared_ptr<SpoolFile> file_;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace kirsch::pipeline
