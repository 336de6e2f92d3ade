// The seam to the library that speaks TLS: bytes in, bytes out, no sockets. Chosen by name, so that there can be a
// second one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls/facts.h"
#include "net/tls/settings.h"

namespace kirsch::net::tls {

// What a call of a session may read from the peer and write to it.
struct Wire {
  std::span<const char> input;  // shrinks as it is read
  std::vector<char>& output;    // grows
};

enum class Result : std::uint8_t {
  done,    // the handshake is complete; the room for plaintext is full
  more,    // all input is used up
  ended,   // the peer said that it sends no more (close_notify)
  failed,  // what is in the output, an alert perhaps, is the last
};

// One connection. One thread at a time; nothing throws.
class Session {
 public:
  virtual ~Session() = default;
  virtual Result handshake(Wire& wire) noexcept = 0;  // until done; may have taken more input by then, for `read`
  // Fills `plain` as far as there is input; `size` says how far, whatever the result.
  virtual Result read(Wire& wire, std::span<char> plain, std::size_t& size) noexcept = 0;
  static constexpr std::size_t largest_record = 16 * 1024;
  // One record of at most largest_record bytes. False: the session is broken.
  virtual bool write(Wire& wire, std::string_view plain) noexcept = 0;
  virtual void close(Wire& wire) noexcept = 0;  // close_notify; reading goes on
  // After the handshake. Never changes.
  virtual std::shared_ptr<const Facts> facts() const = 0;
  virtual const char* failure() const noexcept = 0;  // why, in words of the library
};

// Certificates and rules of a listener: immutable, any thread. Sessions keep theirs alive.
class Context {
 public:
  struct Expiry {
    std::string subject;
    std::time_t at = 0;
  };
  virtual ~Context() = default;
  virtual std::unique_ptr<Session> accept() const = 0;      // null: no memory
  virtual const std::vector<Expiry>& expiries() const = 0;  // of each certificate, in order
};

class Provider {
 public:
  // Null if a problem is an error. Opens nothing but `key_log`, asks nobody.
  virtual std::shared_ptr<const Context> context(const Settings& settings, std::vector<Problem>& problems) const = 0;
  // Whether this key can be read with a password only.
  virtual bool encrypted(const std::string& private_key) const = 0;
  virtual bool opens(const std::string& private_key, const std::string& password) const = 0;

 protected:
  ~Provider() = default;
};

const Provider* find_provider(std::string_view name);  // null: there is none of that name
std::vector<std::string> provider_names();

}  // namespace kirsch::net::tls
