// An HTTP client that hides nothing: it sends the bytes it is told to and reads answers strictly, so that a test sees
// every liberty the server takes.
#pragma once

#include <stdexcept>
#include <utility>

#include "support/server.h"

namespace kirsch::test {

struct Response {
  enum class Framing { none, length, chunked, close };

  int status = 0;
  int version_minor = 1;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;  // in order, names as sent
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string body;
  std::string raw;  // every byte of this answer
  Framing framing = Framing::none;

  std::optional<std::string> field(std::string_view name) const;  // the first; names without regard to case
  std::size_t count(std::string_view name) const;                 // lines of that name
};

// The connection ended (or the deadline passed) inside an answer; what had arrived is in `partial`.
struct Truncated : std::runtime_error {
  Truncated(const std::string& what, Response response) : std::runtime_error(what), partial(std::move(response)) {}
  Response partial;
};

struct ClientOptions {
  int receive_buffer = 0;  // SO_RCVBUF; 0: the kernel's
};

// For crowds: how many descriptors this process may have from now on, `wanted` at most.
std::size_t allow_descriptors(std::size_t wanted);

// A request without fields but Host.
inline std::string simple_get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

class Client {
 public:
  explicit Client(std::uint16_t port, ClientOptions options = {});  // 127.0.0.1
  explicit Client(const std::string& unix_path);
  explicit Client(const Server& server, ClientOptions options = {});  // its first listener
  Client(const Server& server, std::size_t listener);                 // whatever it listens on
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends every byte. False if the peer closed first. Reads nothing meanwhile.
  bool send(std::string_view raw, Milliseconds deadline = patience);

  // The next answer. Throws std::runtime_error for anything that is not one, Truncated if it stays incomplete. An
  // interim answer (1xx) counts as an answer.
  Response read(Milliseconds deadline = patience);
  Response read_without_body(Milliseconds deadline = patience);  // the answer to HEAD

  // Raw bytes, also those left over from answers: what is there, at least one byte and at most `limit`; empty at the
  // end of the stream. Throws std::runtime_error at the deadline.
  std::string read_some(std::size_t limit = 65536, Milliseconds deadline = patience);
  std::string read_exactly(std::size_t size, Milliseconds deadline = patience);
  std::string read_to_end(Milliseconds deadline = patience);

  // Waits for the end of the stream; false if a byte comes instead, or nothing before the deadline. The default is
  // shorter than the times after which the server closes idle connections by itself.
  bool closed_by_peer(Milliseconds deadline = Milliseconds(8000));
  bool reset_by_peer() const { return reset_by_peer_; }  // the stream ended with RST
  // True if nothing at all has arrived so far (does not wait).
  bool silent();

  void shutdown_write();
  void reset();  // RST instead of FIN
  void close();

 private:
  explicit Client(int descriptor) : descriptor_(descriptor) {}
  Response parse(bool body, Milliseconds deadline);
  bool fill(Milliseconds deadline);  // appends to buffer_; false at the end of the stream

  int descriptor_ = -1;
  bool reset_by_peer_ = false;
  std::string buffer_;
};

// One request on a connection of its own. `fields` are whole lines with their CRLF. The request says `Host: localhost`
// unless `fields` has a Host, and `Connection: close`.
Response get(const Server& server, std::string_view target, std::string_view fields = {});
Response request(const Server& server, std::string_view method, std::string_view target, std::string_view fields = {},
                 std::string_view body = {});

}  // namespace kirsch::test
