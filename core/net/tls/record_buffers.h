// OpenSSL's buffers for records, kept between two uses.
#pragma once

#include <cstddef>

namespace kirsch::net::tls {

// With SSL_MODE_RELEASE_BUFFERS each record that is read or written takes a buffer of some 17 KiB from the heap and
// gives it back, which costs more than the rest of its memory. Each thread keeps the last ones for the next record.
// They are the C library's memory like any other, so it does not matter who has allocated what is freed. Any thread.
struct RecordBuffers {
  static constexpr std::size_t least = 16 * 1024 + 1;  // a record is longer than what it carries
  static constexpr std::size_t size = 18 * 1024;       // of each buffer, whatever was asked for
  static constexpr std::size_t most = 4;               // that a thread keeps: 72 KiB. A record needs one at a time

  static void* allocate(std::size_t size) noexcept;
  static void free(void* memory) noexcept;
  static std::size_t kept() noexcept;  // by this thread, until it ends

  // Makes OpenSSL use them. False: something of it was used already, or AddressSanitizer watches, and
  // nothing changes.
  static bool install() noexcept;
};

}  // namespace kirsch::net::tls
