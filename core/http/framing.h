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

// After the request line and all fields are in `head`. Fills authority, host, content_length, chunked, keep_alive,
// expect_continue and upgrade; lower-cases the host in place, so the bytes under `head` must be writable.
std::optional<Fault> read_framing(RequestHead& head, KnownHost& known);

// Of a head that is refused, as far as it was read: fills authority and host where it says one, once and soundly, so
// that its site answers.
void find_host(RequestHead& head);

// The same as read_framing, where all fields of `head` are word for word those of `before`, of which it was read: what
// it says there holds here. False, and nothing is done: it depends on more than the fields.
bool repeat_framing(RequestHead& head, const RequestHead& before);

}  // namespace kirsch::http
