// The seam between a protocol (HTTP/1.1 now) and whoever answers requests: one transaction is one request and its
// answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/fault.h"
#include "http/kept_head.h"
#include "kirsch/abi.h"
#include "net/transport.h"

namespace kirsch::http {

class ResponseFields;
class Stream;

// Implemented by the pipeline. All calls come on the connection's loop, never from inside a ResponseWriter call, and
// must not throw. Exactly one of on_sent and on_gone ends a transaction; after that the protocol never touches it
// again, and its ResponseWriter is no longer valid once that call has returned.
class Transaction {
 public:
  // Only after ResponseWriter::read_body. `decoded` is valid during the call.
  virtual void on_body(std::string_view decoded) = 0;
  // The body is complete; also for a request without one, if read_body was called.
  virtual void on_body_end() = 0;
  // 400, 408, 413: no more of the body comes. The transaction answers (if it has not begun to); the connection closes
  // afterwards.
  virtual void on_body_fault(const Fault& fault) = 0;
  // The output fell below its low mark after a write had returned false.
  virtual void on_writable() = 0;
  // Finished, and the whole answer was handed to the kernel; `body_sent` is that of the ResponseWriter.
  virtual void on_sent(std::uint64_t body_sent) = 0;
  // The client is lost or the connection was aborted (write stall, end of a drain, ResponseWriter::abort).
  virtual void on_gone() = 0;

 protected:
  ~Transaction() = default;
};

// How the end of the body is marked.
enum class BodyLength : std::uint8_t {
  known,    // `length` bytes: Content-Length
  unknown,  // chunked, or until close for HTTP/1.0
};

struct ResponseHead {
  std::uint16_t status = 200;              // 200..599; 101 with upgrade()
  const ResponseFields* fields = nullptr;  // read during send_head; null: none
  BodyLength body = BodyLength::known;
  bool close = false;        // nothing more is read from this client
  std::uint64_t length = 0;  // no meaning for 1xx, 204, 304. For HEAD: what GET would have
};

// A range of an open file.
struct FilePart {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

enum class Bytes : std::uint8_t {
  copied,
  borrowed,  // valid and unchanged until on_sent or on_gone
};

// Implemented by the protocol, for one transaction. All calls on the connection's loop, from Service::on_request on
// until on_sent or on_gone has returned. Calls after finish() or abort() do nothing, but the facts stay true. No call
// calls back: what it causes comes later in the same turn of the loop.
class ResponseWriter {
 public:
  // Wants the body, of at most `limit` bytes. Sends 100 Continue if the client waits for it. A Content-Length above the
  // limit is on_body_fault(413) without reading. Once per transaction. A body that was not asked for is read away after
  // the answer, within bounds, else the connection closes.
  virtual void read_body(std::uint64_t limit) = 0;
  virtual void pause_body() = 0;  // no on_body, on_body_end until resume_body; no time limit runs meanwhile
  virtual void resume_body() = 0;

  // Once, before any write. The head leaves with what is written in the same turn.
  virtual void send_head(const ResponseHead& head) = 0;
  // send_head, write of a borrowed `body` of that known length, and finish, which costs less in one.
  virtual void answer(const ResponseHead& head, std::string_view body) = 0;

  // One piece of the body. False: the queue is above its high mark; the piece is queued all the same, wait for
  // on_writable. For HEAD, 204 and 304 pieces are dropped (and released); what exceeds the announced length too.
  virtual bool write(std::string_view piece, Bytes bytes) = 0;
  // `release` runs exactly once, on the loop, when the bytes are not needed any more: also if the connection is lost.
  // It may run inside this call, but calls nothing of the transaction.
  virtual bool write_shared(std::string_view piece, void (*release)(void* owner), void* owner) = 0;
  // The descriptor stays open until `release`, as above.
  virtual bool write_file(const FilePart& part, void (*release)(void* owner), void* owner) = 0;
  virtual std::uint64_t queued() const = 0;  // bytes not yet handed to the kernel

  // The body is complete: on_sent follows. Less than announced was written: what is there leaves, the connection closes
  // and on_gone follows.
  virtual void finish() = 0;
  // Closes at once; the client sees a truncated answer. on_gone follows.
  virtual void abort() = 0;
  // Instead of finish(), after send_head with status 101 and with the body, if any, read to its end (else the
  // connection is aborted): once the head was sent on_sent ends the transaction, then
  // the connection is the stream's, which is owned by the protocol from here on.
  virtual void upgrade(std::unique_ptr<Stream> stream) = 0;

  virtual bool response_begun() const = 0;  // send_head was called
  // Bytes of the body that the kernel has taken, without the framing of chunks; where the connection was lost in the
  // midst of chunks it may be included. Also in on_sent and on_gone.
  virtual std::uint64_t body_sent() const = 0;
  virtual const net::Addresses& addresses() const = 0;
  virtual std::shared_ptr<const net::tls::Facts> tls() const = 0;  // null: not over TLS
  bool secure() const { return secure_; }
  std::uint32_t listener() const { return listener_; }  // the number given to Connections::entrance

 protected:
  ~ResponseWriter() = default;

  std::uint32_t listener_ = 0;
  bool secure_ = false;
};

// Implemented by the pipeline, one per loop; outlives all connections of the loop. Must not throw.
class Service {
 public:
  // For heads: two that this service is given have one number only if they are the same, whoever read them.
  std::uint64_t next_head() { return ++heads_; }

  // `head` holds until the end of the transaction; who needs it longer holds it, too. May answer in the call.
  virtual Transaction& on_request(ResponseWriter& writer, const KeptHead& head) = 0;
  // The message was refused, or its head came too late (408): nothing after it is read, and the connection closes after
  // the answer. `head` is what was understood so far. read_body and upgrade do nothing here.
  virtual Transaction& on_malformed(ResponseWriter& writer, const Fault& fault, const KeptHead& head) = 0;

 protected:
  ~Service() = default;

 private:
  std::uint64_t heads_ = KeptHead::malformed;
};

}  // namespace kirsch::http
