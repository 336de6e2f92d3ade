// What a connection needs only while a request is under way; an idle connection owns none of it.
#pragma once

#include "base/page.h"
#include "http/body_decoder.h"
#include "http/input.h"
#include "http/kept_head.h"
#include "http/limits.h"
#include "http/output.h"
#include "http/parser.h"
#include "http/response_head.h"
#include "http/transaction.h"

namespace kirsch::http {

// Of the request that is being answered.
struct RequestBody {
  bool wanted = false;
  bool paused = false;
  bool over = false;  // its end or a fault was told
  // Of one that is wanted:
  std::uint64_t limit = 0;
  std::uint64_t received = 0;  // raw bytes, for the minimum rate
  base::SteadyTime wanted_at;  // moved on by pauses
  base::SteadyTime last;
  base::SteadyTime pause_begin;

  void begin() { wanted = paused = over = false; }
  void want(std::uint64_t most, base::SteadyTime now) {
    wanted = true;
    limit = most;
    received = 0;
    wanted_at = last = now;
  }
};

struct Answer {
  bool begun = false;
  bool finished = false;
  bool aborted = false;
  bool full = false;          // a write returned false
  Stream* upgrade = nullptr;  // owned
  // Of one that has begun:
  std::uint16_t status = 0;
  AnswerFraming framing;
  std::uint64_t left = 0;      // of the announced length
  std::uint64_t given = 0;     // bytes of the body
  std::uint64_t head_end = 0;  // what Output::sent() is once the head has left

  void begin() {
    begun = finished = aborted = full = false;
    upgrade = nullptr;
  }
};

struct Work : base::OnPage {
  Work(const Limits& limits, OutputBlocks& blocks) : parser(limits), decoder(limits), output(blocks) {}

  HeadParser parser;
  KeptHead head;  // of the present request, or the last one
  BodyDecoder decoder;
  Input input;
  Output output;
  RequestBody body;
  Answer answer;
  Transaction* transaction = nullptr;  // from on_request until on_sent or on_gone
};
static_assert(sizeof(Work) <= base::page_size);

// The same for an upgraded connection: what it has received and its owner not consumed, and what is to be sent.
struct StreamWork {
  explicit StreamWork(OutputBlocks& blocks) : output(blocks) {}
  bool empty() const { return input.empty() && output.empty() && wanted_below == 0; }

  Input input;
  Output output;
  std::uint64_t wanted_below = 0;  // as it is by Stream::notify; 0: it is not
};

}  // namespace kirsch::http
