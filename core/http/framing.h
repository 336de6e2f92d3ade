// What the fields of a request say about its host, its body and its connection (RFC 9112 §3.2, §6, §9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "http/fault.h"
#include "http/head.h"

namespace kirsch::http {

// The last value of Host that was understood: clients say the same again and again. Of lower-case ones only.
class KnownHost {
 public:
  bool is(std::string_view text) const { return size_ == text.size() && std::memcmp(text_, text.data(), size_) == 0; }
  std::size_t host_size() const { return host_size_; }  // without port and final dot
  void remember(std::string_view text, std::size_t host_size) {
    if (text.size() > sizeof text_) return;
    std::memcpy(text_, text.data(), text.size());
    size_ = text.size();
    host_size_ = host_size;
  }

 private:
  char text_[64] = {};
  std::size_t size_ = SIZE_MAX;
  std::size_t host_size_ = 0;
};

// What read_framing said of a block of fields. Where the target names no host and the version is 1.1 it depends on the
// fields alone, so it holds for the next head with the same bytes.
class KnownFraming {
 public:
  // `block` are the fields of `head`, unchanged by read_framing.
  void remember(const RequestHead& head, std::string_view block);
  void forget() { known_ = false; }
  // False, and nothing is done: it is not known of `head`, whose fields, the same again, begin at `block`.
  bool apply(RequestHead& head, const char* block) const;

 private:
  bool known_ = false;
  bool chunked_ = false;
  bool keep_alive_ = false;
  bool expect_continue_ = false;
  bool upgrade_ = false;
  std::optional<std::uint64_t> content_length_;
  std::size_t authority_ = 0;  // where it begins in the block
  std::size_t authority_size_ = 0;
  std::size_t host_size_ = 0;
};

// After the request line and all fields are in `head`. Fills authority, host, content_length, chunked, keep_alive,
// expect_continue and upgrade; lower-cases the host in place, so the bytes under `head` must be writable.
std::optional<Fault> read_framing(RequestHead& head, KnownHost& known);

}  // namespace kirsch::http
