// The writing half of a connection: head, body with its framing, end.
#include <algorithm>
#include <cassert>
#include <charconv>

#include "http/connection.h"
#include "http/connections.h"

namespace kirsch::http {

// Whether the client may send another request after this one; decided once, in send_head.
bool Connection::may_keep_alive() const {
  const Limits& limits = owner_.limits_;
  if (deaf_ || must_close_ || !request().keep_alive || owner_.drains(listener_)) return false;
  if (requests_ >= limits.requests || owner_.loop_.now() - born_ >= limits.life) return false;
  const BodyDecoder& decoder = work_->decoder;
  if (decoder.complete()) return true;
  // Without 100 Continue nobody knows whether a body or the next request comes.
  if (request().expect_continue && !work_->body.wanted) return false;
  return decoder.remaining() <= limits.unread_body;
}

// The head, and behind it as much of the body as shall be copied with it.
void Connection::begin_answer(const ResponseHead& head, std::string_view body) {
  const AnswerContext context{request().version_minor, request().method == KIRSCH_METHOD_HEAD,
                              !head.close && may_keep_alive()};
  Answer& answer = work_->answer;
  Output& output = work_->output;
  answer.begun = true;
  answer.status = head.status;
  answer.framing = answer_framing(head, context);
  if (answer.framing.body == BodyFraming::none) body = {};
  answer.left = answer.framing.length - body.size();
  answer.given = body.size();
  char* const begin = output.room(head_room(head) + body.size());
  char* const end = write_head(begin, head, context, answer.framing, owner_.usual_lines());
  answer.head_end = output.sent() + output.queued() + static_cast<std::uint64_t>(end - begin);
  output.written(std::copy(body.begin(), body.end(), end));
}

inline void Connection::end_answer() {
  if (work_->answer.status == 101) must_close_ = true;  // promised another protocol, and nobody speaks it
  work_->answer.finished = true;
  defer();
}

void Connection::send_head(const ResponseHead& head) {
  if (!may_begin()) return;
  begin_answer(head, {});
  defer();
}

void Connection::answer(const ResponseHead& head, std::string_view body) {
  assert(head.body == BodyLength::known && head.length == body.size());
  if (body.size() > Output::small_piece) {
    send_head(head);
    write(body, Bytes::borrowed);
    finish();
  } else if (may_begin()) {
    begin_answer(head, body);
    end_answer();
  }
}

// How much of a piece may leave; for chunked the size line goes ahead of it.
std::uint64_t Connection::begin_piece(std::uint64_t size) {
  if (!writing() || work_->answer.framing.body == BodyFraming::none) return 0;
  if (work_->answer.framing.body == BodyFraming::length) {
    size = std::min(size, work_->answer.left);
    work_->answer.left -= size;
  }
  work_->answer.given += size;
  if (work_->answer.framing.body != BodyFraming::chunked || size == 0)
    return size;  // an empty chunk would be the last one
  char line[18];
  char* end = std::to_chars(line, line + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  work_->output.copy({line, static_cast<std::size_t>(end - line)});
  return size;
}

// After a piece of at least one byte.
bool Connection::end_piece() {
  if (work_->answer.framing.body == BodyFraming::chunked) work_->output.copy("\r\n");
  defer();
  if (work_->output.queued() <= owner_.limits_.output_high) return true;
  work_->answer.full = true;
  return false;
}

bool Connection::write(std::string_view piece, Bytes bytes) {
  piece = piece.substr(0, static_cast<std::size_t>(begin_piece(piece.size())));
  if (piece.empty()) return true;
  if (bytes == Bytes::copied) {
    work_->output.copy(piece);
  } else {
    work_->output.borrow(piece);
  }
  return end_piece();
}

bool Connection::write_shared(std::string_view piece, void (*release)(void* owner), void* owner) {
  piece = piece.substr(0, static_cast<std::size_t>(begin_piece(piece.size())));
  if (piece.empty()) {
    release(owner);
    return true;
  }
  work_->output.share(piece, release, owner);
  return end_piece();
}

bool Connection::write_file(const FilePart& part, void (*release)(void* owner), void* owner) {
  const auto size = begin_piece(part.size);
  if (size == 0) {
    release(owner);
    return true;
  }
  work_->output.file({part.descriptor, part.offset, size}, release, owner);
  return end_piece();
}

std::uint64_t Connection::body_sent() const {
  if (!work_->answer.begun) return 0;
  const Output& output = work_->output;
  const std::uint64_t sent = output.sent() + output.in_flight() - (output.in_flight() != 0 ? transport_->unsent() : 0);
  return std::min(sent - std::min(sent, work_->answer.head_end), work_->answer.given);
}

std::uint64_t Connection::queued() const { return work_ != nullptr ? work_->output.queued() : 0; }

void Connection::finish() {
  if (state_ != State::transaction || work_->answer.finished || work_->answer.aborted) return;
  assert(work_->answer.begun);
  if (!work_->answer.begun) {
    abort();
    return;
  }
  if (work_->answer.framing.body == BodyFraming::chunked) work_->output.copy("0\r\n\r\n");
  end_answer();
}

void Connection::abort() {
  if (state_ != State::transaction || work_->answer.finished) return;
  work_->answer.aborted = true;
  defer();
}

void Connection::upgrade(std::unique_ptr<Stream> stream) {
  assert(state_ == State::transaction && work_->answer.upgrade == nullptr && !work_->answer.finished);
  work_->answer.upgrade = stream.release();
  if (!work_->answer.begun || work_->answer.status != 101 || deaf_ ||
      !work_->decoder.complete()) {  // unread body bytes are no bytes of the stream
    work_->answer.aborted = true;
  } else {
    work_->answer.finished = true;
  }
  defer();
}

}  // namespace kirsch::http
