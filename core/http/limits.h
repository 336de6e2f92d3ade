// What one client may cost: sizes and times with their defaults. Valid and constant while the server that uses it
// lives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kirsch::http {

struct Limits {
  // Head (RFC 9112 §3, §5). The request line may hold a method, a target and the version within their own limits.
  std::size_t method = 32;              // longer: 501
  std::size_t target = 8 * 1024;        // longer: 414
  std::size_t field = 8 * 1024;         // one field line without its end; longer: 431
  std::size_t field_block = 32 * 1024;  // all field lines with their ends; longer: 431
  std::size_t fields = 100;             // more: 431. The last three also hold for trailers: 413

  // Chunked bodies (RFC 9112 §7.1).
  std::size_t chunk_line = 4 * 1024;         // size and extensions; longer: 400
  std::size_t chunk_extensions = 16 * 1024;  // per body, plus one byte per 16 bytes of data; more: 413

  // Connection.
  std::size_t read_ahead = 64 * 1024;    // received but not yet wanted; beyond it reading pauses
  std::size_t unread_body = 64 * 1024;   // of a body that nobody asked for is read away to keep the connection
  std::size_t output_high = 256 * 1024;  // write() returns false above
  std::size_t output_low = 64 * 1024;    // on_writable() below
  std::uint32_t requests = 1000;         // per connection; the last answer says Connection: close
  std::uint32_t connections = 10'000;    // on all loops together; beyond: 503
  std::uint32_t client_connections = 0;  // of one address on all loops; beyond: 503; 0: no limit
  bool loopback_counts = false;          // for client_connections

  std::chrono::milliseconds head_time{10'000};  // from the first byte to the end of the head; also before the first
  std::chrono::milliseconds idle_time{15'000};  // between an answer and the next request
  std::chrono::milliseconds body_idle_time{30'000};  // without a byte of the body
  std::chrono::milliseconds body_grace{10'000};      // before the minimum rate counts
  std::uint32_t body_rate = 500;                     // bytes per second
  std::chrono::milliseconds write_time{30'000};      // for the client to take Output::least_taken; else a reset
  std::chrono::milliseconds linger_time{2'000};      // reading away after an early end
  std::chrono::milliseconds life{3'600'000};         // of a connection; the first answer after it closes

  bool operator==(const Limits&) const = default;
};

}  // namespace kirsch::http
