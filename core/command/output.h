// Standard output of a verb, which fails where that cannot be written.
#pragma once

#include <ostream>
#include <streambuf>

#include "base/exit_code.h"

namespace kirsch::command {

// Stands before what `stream` writes to, and notes the first error, which streams forget.
class Output final : private std::streambuf {
 public:
  explicit Output(std::ostream& stream) : stream_(stream), below_(stream.rdbuf(this)) {}
  ~Output() override { stream_.rdbuf(below_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Writes out what is left. Where anything could not be written, that is told (unless nobody reads it any more), and
  // `ok` becomes `internal`.
  base::ExitCode written(base::ExitCode code);

 private:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize size) override;
  int sync() override;
  bool noted(bool good);

  std::ostream& stream_;
  std::streambuf* const below_;
  int error_ = 0;
};

}  // namespace kirsch::command
