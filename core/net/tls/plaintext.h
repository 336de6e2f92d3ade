// What is still to be encrypted of one send, cut into records.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kirsch::net::tls {

class Plaintext {
 public:
  explicit Plaintext(std::span<const iovec> pieces) : pieces_(pieces) { skip(); }

  bool empty() const noexcept { return pieces_.empty(); }

  // The next bytes, at most `most`: where they lie, or gathered in `scratch` (as large) if they lie in several pieces.
  std::string_view take(std::size_t most, std::span<char> scratch) noexcept {
    const iovec& first = pieces_.front();
    const std::size_t here = first.iov_len - offset_;
    if (here >= most || pieces_.size() == 1) return advance(std::min(here, most));
    std::size_t size = 0;
    while (!pieces_.empty() && size < most) {
      const std::string_view part = advance(std::min(pieces_.front().iov_len - offset_, most - size));
      std::memcpy(scratch.data() + size, part.data(), part.size());
      size += part.size();
    }
    return {scratch.data(), size};
  }

  // What is left.
  void move_to(std::vector<iovec>& rest) const {
    rest.assign(pieces_.begin(), pieces_.end());
    if (rest.empty()) return;
    rest.front().iov_base = static_cast<char*>(rest.front().iov_base) + offset_;
    rest.front().iov_len -= offset_;
  }

 private:
  std::string_view advance(std::size_t size) noexcept {
    const std::string_view taken(static_cast<const char*>(pieces_.front().iov_base) + offset_, size);
    offset_ += size;
    skip();
    return taken;
  }
  void skip() noexcept {
    while (!pieces_.empty() && offset_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t offset_ = 0;  // in the first piece
};

}  // namespace kirsch::net::tls
