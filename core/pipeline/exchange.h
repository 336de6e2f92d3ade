// One request with its answer: the meeting point of the protocol (http::Transaction), the plan (Course) and the modules
// (kirsch_exchange).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "base/page.h"
#include "http/response_fields.h"
#include "http/transaction.h"
#include "pipeline/attachments.h"
#include "pipeline/course.h"
#include "pipeline/multipart.h"
#include "pipeline/request_body.h"
#include "pipeline/response_body.h"
#include "pipeline/route_memory.h"

namespace kirsch::pipeline {

class Dispatcher;
class Generation;

// Belongs to exactly one thread at a time: its loop or, between two hand-overs, one worker. Reused for many requests of
// its loop.
class Exchange final : public kirsch_exchange, public http::Transaction, public base::OnPage {
 public:
  Exchange(Dispatcher& dispatcher, std::uint64_t slot);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // Loop. Before start; its use ends when the dispatcher gets the exchange back.
  void belong_to(Generation& generation) { generation_ = &generation; }
  Generation& generation() const { return *generation_; }

  // Loop. All may finish the exchange within the call.
  void start(http::ResponseWriter& writer, const http::KeptHead& head, const Generation& generation);
  void start_rejected(http::ResponseWriter& writer, const http::Fault& fault, const http::KeptHead& head,
                      const Generation& generation);
  void resume(kirsch_handle handle);  // nothing if that suspension is over
  void wake();                        // calls a waiting producer again
  void on_spooled(int error);         // a piece of the body was written, or not
  void on_warm();                     // a worker has read the next portion of a file
  void come_back();                   // from a worker

  // Worker: runs steps until the loop is needed.
  void work() noexcept;
  // Any thread, instead of work(): the pool dropped it, the server ends.
  void drop_work() noexcept;

  void on_body(std::string_view decoded) override;
  void on_body_end() override;
  void on_body_fault(const http::Fault& fault) override;
  void on_writable() override;
  void on_sent(std::uint64_t body_sent) override;
  void on_gone() override;

  // For the contract's functions (exchange_functions.cpp), on the thread of the current step.
  base::Arena& arena() { return arena_; }
  std::span<const kirsch_field> request_fields() const { return {request_.fields, request_.field_count}; }
  // Asked for when the request began: one that was reset has none any more, and a worker may not ask.
  const kirsch_address& peer() const { return addresses_.peer; }
  const kirsch_address& local() const { return addresses_.local; }
  const net::tls::Facts* tls() const { return tls_.get(); }  // null: not over TLS
  // The values of all lines of that name as one (RFC 9110 5.3); a view as those of the request.
  std::string_view joined(http::FieldName name, char separator);
  std::span<const kirsch_pair> query();
  std::span<const kirsch_pair> cookies();
  std::span<const kirsch_pair> form();
  const Multipart& multipart();
  const RequestBody& body_in() const { return body_in_; }
  std::uint16_t status() const { return status_; }
  bool set_status(std::uint16_t status);
  http::ResponseFields* open_fields() { return committed_ ? nullptr : &fields_; }  // null once the head has left
  const http::ResponseFields& fields() const { return fields_; }
  bool set_body(ResponseBody body);
  const ResponseBody& body() const { return body_; }
  bool has_own_page() const { return own_page_; }
  void fail(std::uint16_t status, std::string_view text);
  bool redirect(std::uint16_t status, std::string_view location);
  kirsch_handle suspend(std::uint32_t (*resumed)(void*, kirsch_exchange*), void (*destroy)(void*), void* self);
  kirsch_handle handle() const { return {slot_, serial_ << 16 | suspensions_}; }
  Attachments& attachments() { return attachments_; }
  bool upgrade(const kirsch_stream_handler* handler, void* self);
  const kirsch_outcome& outcome();
  bool set_id(std::string_view id);
  const kirsch_route& route_taken();

  // For the dispatcher.
  std::uint32_t index() const { return static_cast<std::uint32_t>(slot_); }  // of its slot
  std::size_t footprint() const { return sizeof *this + arena_.footprint() + body_in_.capacity(); }

  // Which request this is, for logs and error pages: "3-1f", or what a module has named it.
  std::string id() const;
  // True if the handle was made for the request that this object carries now.
  bool is(kirsch_handle handle) const { return where_ != Where::free && handle.generation >> 16 == serial_; }

 private:
  enum class Where : std::uint8_t { free, running, working, waiting, suspended };
  struct Continuation {
    std::uint32_t (*resumed)(void*, kirsch_exchange*) = nullptr;
    void (*destroy)(void*) = nullptr;
    void* self = nullptr;
  };
  // What modules have asked for.
  struct Parsed {
    std::optional<std::span<const kirsch_pair>> query, cookies, form;
    std::optional<Multipart> multipart;
  };
  enum class Production : std::uint8_t { none, pushing, waiting };

  // exchange_request.cpp
  void begin(http::ResponseWriter& writer, const http::KeptHead& head);
  void fill_request(const http::RequestHead& head);
  void normalise(const http::RequestHead& head);
  [[gnu::noinline]] void choose(const Generation& generation);
  bool decide(const http::RequestHead& head, const Generation& generation);
  void follow(const Route& known);
  bool route(const Generation& generation);
  std::string query_part() const;  // with its question mark
  bool redirect_to_https(const Generation& generation);
  void route_rejected(const Generation& generation);
  void enter(const Plan& plan, const Generation& generation);
  void forget_calls();
  Parsed& parsed() { return parsed_ ? *parsed_ : parsed_.emplace(); }
  bool wants_body() const;
  std::string_view content_type() const;
  void take_body(std::string_view decoded);
  void settle_body(std::uint32_t flow);
  void spool();
  void finish_body();
  void refuse_body(std::uint16_t status, std::string_view reason);

  // exchange.cpp
  void run(Place here);
  Place place_of(const Step& step) const;
  void call_plain();
  bool call(const Step& step);
  std::uint32_t without_suspend(std::uint32_t flow);
  void settle(const Step& step, std::uint32_t flow);
  [[gnu::cold]] Outcome note_failure(std::string_view name);
  void answer_without_handler();
  bool reach(Stage stage);
  bool hand_over(Place to);
  [[gnu::cold]] void refuse_work();
  [[gnu::always_inline]] void drop_continuation() noexcept {
    if (continuation_.destroy != nullptr) return destroy_continuation();
    continuation_.resumed = nullptr;
  }
  void destroy_continuation() noexcept;
  void end();
  void release_all() noexcept;
  [[gnu::noinline]] void drop_body() noexcept;

  // exchange_response.cpp
  void make_page(std::uint16_t status, std::string_view detail);
  [[gnu::cold]] void make_bare_page();
  void drop_description();
  void forbid_caching();
  bool send_head();
  void send_body();
  void pump();
  void pump_pieces(PieceBody& body);

  Dispatcher& dispatcher_;
  const std::uint64_t slot_;  // lane in the upper half, index in the lower
  std::uint64_t serial_ = 0;
  Generation* generation_ = nullptr;
  Route route_;
  Course course_;
  Where where_ = Where::free;
  bool gone_ = false;       // loop only
  bool committed_ = false;  // send_head was called
  bool rejected_ = false;   // the message: the connection ends with the answer
  bool dropped_ = false;    // by the worker pool
  bool warm_ = false;       // the next portion of a file has just been read by a worker
  bool own_page_ = false;   // body_ is the server's page for an error
  Production production_ = Production::none;
  bool may_suspend_ = false;
  bool suspending_ = false;
  std::uint16_t status_ = 200;
  std::uint16_t bare_status_ = 0;     // before_finalize failed: answer with this and the headers set so far
  std::uint16_t failure_status_ = 0;  // of the failure in flight
  std::uint16_t suspensions_ = 0;
  std::uint64_t produced_ = 0;  // bytes
  base::SteadyTime begin_{};
  kirsch_outcome outcome_{};
  kirsch_route route_taken_{};
  bool* called_ = nullptr;  // by Step::tool: a step of it was called; in the arena where tools are many
  std::array<bool, 32> few_called_;
  std::string_view id_;  // by a module, in the arena; empty: none

  base::Arena arena_;
  http::ResponseWriter* writer_ = nullptr;  // loop only; null once the client has gone or the answer was sent
  http::KeptHead head_;
  kirsch_request request_{};  // its views point into the head or the arena
  net::Addresses addresses_;
  bool has_body_ = false;  // the request
  bool may_upgrade_ = false;
  std::shared_ptr<const net::tls::Facts> tls_;
  RequestBody body_in_;
  std::optional<Parsed> parsed_;

  http::ResponseFields fields_;
  ResponseBody body_;
  Attachments attachments_;
  Continuation continuation_;
  const kirsch_stream_handler* stream_handler_ = nullptr;
  void* stream_self_ = nullptr;

  // Of the failure in flight, and of the page to make for it.
  std::string failure_text_;
  http::Fault page_{500, {}};
};
static_assert(sizeof(Exchange) <= base::page_size);

extern const kirsch_exchange_functions exchange_functions;
extern const kirsch_field_functions field_functions;

}  // namespace kirsch::pipeline
