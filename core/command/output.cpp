// The error number is that of the call that failed: later ones may say nothing.
#include "command/output.h"

#include <cerrno>
#include <iostream>
#include <system_error>

namespace kirsch::command {

base::ExitCode Output::written(base::ExitCode code) {
  stream_.flush();
  if (error_ == 0) return code;
  if (error_ != EPIPE)
    std::cerr << "kirsch: cannot write standard output: " << std::generic_category().message(error_) << std::endl;
  return code == base::ExitCode::ok ? base::ExitCode::internal : code;
}

bool Output::noted(bool good) {
  if (!good && error_ == 0) error_ = errno == 0 ? EIO : errno;
  return good;
}

Output::int_type Output::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const bool good = !traits_type::eq_int_type(below_->sputc(traits_type::to_char_type(byte)), traits_type::eof());
  return noted(good) ? byte : traits_type::eof();
}

std::streamsize Output::xsputn(const char* bytes, std::streamsize size) {
  const auto count = below_->sputn(bytes, size);
  noted(count == size);
  return count;
}

int Output::sync() { return noted(below_->pubsync() == 0) ? 0 : -1; }

}  // namespace kirsch::command
