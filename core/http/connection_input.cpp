// The reading half of a connection: heads, wanted bodies, bodies that nobody wanted.
#include <cassert>
#include <utility>

#include "http/connection.h"
#include "http/connections.h"

namespace kirsch::http {

// Of the head that is kept. True: what follows it is wanted.
[[gnu::always_inline]] inline bool Connection::begin_request() {
  if (request().wants_https() && !secure_) {
    refuse_https();
    return true;
  }
  set_state(State::transaction);
  work_->body.begin();
  work_->answer.begin();
  ++requests_;
  if (!request().has_body()) {
    work_->decoder.begin_none();
  } else if (request().chunked) {
    work_->decoder.begin_chunked();
  } else {
    work_->decoder.begin_length(*request().content_length);
  }
  work_->transaction = &owner_.service_.on_request(*this, work_->head);
  return reading_body();
}

// Returns how many bytes are done with. The rest is kept: the beginning of a head, or what nobody wants yet. May end in
// lingering or closed; then the result has no meaning.
[[gnu::always_inline]] inline std::size_t Connection::consume(char* bytes, std::size_t size) {
  std::size_t used = 0;
  bool more = true;
  consuming_ = true;
  while (more) {
    const std::string_view rest(bytes + used, size - used);
    switch (state_) {
      case State::waiting:
        more = !rest.empty();
        if (work_->head.leads(rest)) {
          used += request().bytes.size();
          more = begin_request();
        } else if (more) {
          begin_head();
        }
        break;
      case State::head:
        more = read_head(bytes + used, size - used, used);
        break;
      case State::transaction:
        more = read_wanted_body(rest, used);
        break;
      case State::discarding:
        more = discard_body(rest, used);
        break;
      case State::lingering:
      case State::closed:
        more = false;
    }
  }
  consuming_ = false;
  return used;
}

void Connection::on_data(std::span<char> bytes) {
  if (state_ == State::lingering) {
    dropped_ += static_cast<std::uint32_t>(bytes.size());
    if (dropped_ > owner_.limits_.unread_body && reading_) {  // closing now would be a reset: let the time run out
      transport_->pause_reading();
      reading_ = false;
    }
    return;
  }
  if (work_ == nullptr) work_ = owner_.take_work();
  Input& input = work_->input;
  if (input.empty()) {
    const std::size_t used = consume(bytes.data(), bytes.size());
    if (used != bytes.size()) {
      if (state_ == State::closed || state_ == State::lingering) return;
      input.append(bytes.subspan(used));
    }
  } else {
    input.append(bytes);
    feed();
  }
  settle();
}

// Goes on with what has been kept.
void Connection::feed() {
  if (work_ == nullptr) return;
  Input& input = work_->input;
  const std::size_t used = consume(input.data(), input.size());
  if (state_ == State::closed || state_ == State::lingering) return;
  input.consume(used);
}

void Connection::begin_head() {
  work_->parser.reset(work_->head.known());
  set_state(State::head);
  head_timed_ = false;
}

bool Connection::read_head(char* bytes, std::size_t size, std::size_t& used) {
  switch (work_->parser.parse(bytes, size)) {
    case ParseResult::need_more:
      if (!head_timed_) transport_->set_deadline(base::steady_now() + owner_.limits_.head_time);
      head_timed_ = true;
      return false;
    case ParseResult::complete:
      used += work_->parser.size();
      work_->head.keep(work_->parser.head(), owner_.service_.next_head());
      return begin_request();
    case ParseResult::malformed:
      reject_head(work_->parser.fault());
      return true;
  }
  return false;
}

// RFC 9110 §7.4
void Connection::refuse_https() { reject({421, "an https target on a connection without TLS"}); }

// With what was understood of it.
void Connection::reject_head(const Fault& fault) {
  RequestHead head = work_->parser.head();
  find_host(head);
  work_->head.keep(head, KeptHead::malformed);
  reject(fault);
}

// One answer; not a byte after the fault is parsed.
void Connection::reject(const Fault& fault) {
  set_state(State::transaction);
  work_->body.begin();
  work_->answer.begin();
  deaf_ = true;
  must_close_ = true;
  dropped_ = 0;
  work_->transaction = &owner_.service_.on_malformed(*this, fault, work_->head);
  feed_wanted_ = true;  // drops what is kept
}

bool Connection::read_wanted_body(std::string_view bytes, std::size_t& used) {
  if (deaf_) {
    dropped_ += static_cast<std::uint32_t>(bytes.size());
    used += bytes.size();
    return false;
  }
  if (!reading_body()) return false;
  if (request().content_length.value_or(0) > work_->body.limit) {
    fail_body({413, "the body is larger than allowed"});
    return true;
  }
  BodyDecoder& decoder = work_->decoder;
  const BodyDecoder::Result result = decoder.decode(bytes);
  used += decoder.consumed();
  work_->body.received += decoder.consumed();
  if (decoder.consumed() != 0) work_->body.last = owner_.loop_.now();
  switch (result) {
    case BodyDecoder::Result::data:
      work_->transaction->on_body(decoder.data());
      return true;
    case BodyDecoder::Result::complete:
      work_->body.over = true;
      work_->transaction->on_body_end();
      return false;
    case BodyDecoder::Result::malformed:
      fail_body(decoder.fault());
      return true;
    case BodyDecoder::Result::need_more:
      break;
  }
  if (input_ended_) {
    fail_body({400, "the client ended inside the body"});
  } else if (too_slow()) {
    fail_body({408, "the body comes too slowly"});
  }
  return deaf_;
}

// A client that dribbles keeps the idle time from running out; the rate catches it with its next byte.
bool Connection::too_slow() const {
  const Limits& limits = owner_.limits_;
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(owner_.loop_.now() - work_->body.wanted_at);
  if (elapsed <= limits.body_grace || limits.body_rate == 0) return false;
  return work_->body.received * 1000 / limits.body_rate < static_cast<std::uint64_t>(elapsed.count());
}

void Connection::fail_body(const Fault& fault) {
  work_->body.over = true;
  deaf_ = true;
  must_close_ = true;
  dropped_ = 0;
  work_->transaction->on_body_fault(fault);
  feed_wanted_ = true;
}

bool Connection::discard_body(std::string_view bytes, std::size_t& used) {
  BodyDecoder& decoder = work_->decoder;
  const BodyDecoder::Result result = decoder.decode(bytes);
  used += decoder.consumed();
  dropped_ += static_cast<std::uint32_t>(decoder.consumed());
  if (result == BodyDecoder::Result::complete) {
    await_request();
    return true;
  }
  if (result == BodyDecoder::Result::malformed || dropped_ > owner_.limits_.unread_body) {
    linger();
    return false;
  }
  return result == BodyDecoder::Result::data;
}

void Connection::read_body(std::uint64_t limit) {
  if (state_ != State::transaction || deaf_ || work_->body.wanted || work_->answer.finished || work_->answer.aborted)
    return;
  work_->body.want(limit, owner_.loop_.now());
  work_->decoder.set_limit(limit);
  const bool fits = request().content_length.value_or(0) <= limit;
  if (request().expect_continue && request().has_body() && fits && !work_->answer.begun) {
    work_->output.copy("HTTP/1.1 100 Continue\r\n\r\n");
  }
  feed_wanted_ = true;
  defer();
}

void Connection::pause_body() {
  if (work_->body.paused) return;
  work_->body.paused = true;
  work_->body.pause_begin = owner_.loop_.now();
}

void Connection::resume_body() {
  if (!work_->body.paused) return;
  work_->body.paused = false;
  const base::SteadyTime now = owner_.loop_.now();
  work_->body.wanted_at += now - std::max(work_->body.pause_begin, work_->body.wanted_at);
  work_->body.last = now;
  feed_wanted_ = true;
  defer();
}

}  // namespace kirsch::http
