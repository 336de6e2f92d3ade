// One request with its answer, as tools and handlers see it. An Exchange belongs to the thread that runs the current
// step; never keep a reference to it, nor to views taken from it, beyond the exchange's on_end_request. To go on later
// use `suspend`.
//
// Hook points in order: on_start_resource, before_request_body, (body), before_handler, (handler), before_finalize,
// (head leaves), on_end_resource, (body leaves), on_end_request. HttpError and Redirect go straight to before_finalize.
// Any other exception runs before_error_response, (error page), after_error_response, before_finalize.
#pragma once

#include <kirsch/host.h>
#include <kirsch/options.h>

#include <exception>

namespace kirsch {

enum class Hook : std::uint32_t {
  on_start_resource = KIRSCH_HOOK_ON_START_RESOURCE,
  before_request_body = KIRSCH_HOOK_BEFORE_REQUEST_BODY,
  before_handler = KIRSCH_HOOK_BEFORE_HANDLER,
  before_finalize = KIRSCH_HOOK_BEFORE_FINALIZE,
  on_end_resource = KIRSCH_HOOK_ON_END_RESOURCE,
  on_end_request = KIRSCH_HOOK_ON_END_REQUEST,
  before_error_response = KIRSCH_HOOK_BEFORE_ERROR_RESPONSE,
  after_error_response = KIRSCH_HOOK_AFTER_ERROR_RESPONSE,
};

// What a hook or handler may return; `void` means next.
enum class Flow : std::uint32_t {
  next = KIRSCH_FLOW_NEXT,
  answer = KIRSCH_FLOW_ANSWER,    // the response is ready: skip to before_finalize
  suspend = KIRSCH_FLOW_SUSPEND,  // after Exchange::suspend, in steps of class async
};

enum class Method : std::uint16_t {
  other = KIRSCH_METHOD_OTHER,
  get = KIRSCH_METHOD_GET,
  head = KIRSCH_METHOD_HEAD,
  post = KIRSCH_METHOD_POST,
  put = KIRSCH_METHOD_PUT,
  delete_ = KIRSCH_METHOD_DELETE,
  options = KIRSCH_METHOD_OPTIONS,
  patch = KIRSCH_METHOD_PATCH,
  connect = KIRSCH_METHOD_CONNECT,
  trace = KIRSCH_METHOD_TRACE,
};

// Throw to answer with an error page: status 400..599 and a sentence that the client may see. What was said of another
// answer goes (ETag, Last-Modified …), and a Cache-Control becomes no-store; other fields stay.
class HttpError : public std::exception {
 public:
  explicit HttpError(std::uint16_t status, std::string text = {}) : status_(status), text_(std::move(text)) {}
  std::uint16_t status() const { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::uint16_t status_;
  std::string text_;
};

// Throw to send the client elsewhere; 303 See Other unless said otherwise.
class Redirect : public std::exception {
 public:
  explicit Redirect(std::string location, std::uint16_t status = 303)
      : status_(status), location_(std::move(location)) {}
  std::uint16_t status() const { return status_; }
  const std::string& location() const { return location_; }
  const char* what() const noexcept override { return location_.c_str(); }

 private:
  std::uint16_t status_;
  std::string location_;
};

// An array of name-value pairs (query, cookies, form, path parameters); names compare exactly. The first thousand of
// each: what a client sends beyond is not there.
class Pairs {
 public:
  Pairs(const kirsch_pair* first, std::uint32_t count) : first_(first), count_(count) {}
  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& pair : *this) {
      if (view(pair.name) == name) return view(pair.value);
    }
    return std::nullopt;
  }
  std::string_view get(std::string_view name, std::string_view otherwise = {}) const {
    return find(name).value_or(otherwise);
  }
  const kirsch_pair* begin() const { return first_; }
  const kirsch_pair* end() const { return first_ + count_; }
  std::uint32_t size() const { return count_; }

 private:
  const kirsch_pair* first_;
  std::uint32_t count_;
};

class RequestHeaders {
 public:
  explicit RequestHeaders(kirsch_exchange* exchange) : exchange_(exchange) {}
  // The first of that name; names compare without regard to case (RFC 9110 5.1).
  std::optional<std::string_view> find(std::string_view name) const {
    kirsch_text value{};
    if (exchange_->functions->request_field(exchange_, text(name), &value) == 0) return std::nullopt;
    return view(value);
  }
  std::string_view get(std::string_view name, std::string_view otherwise = {}) const {
    return find(name).value_or(otherwise);
  }
  const kirsch_field* begin() const { return exchange_->request->fields; }
  const kirsch_field* end() const { return begin() + exchange_->request->field_count; }

 private:
  kirsch_exchange* exchange_;
};

// One part of a form. Views as those of Request.
struct Part {
  std::string_view name;
  std::string_view filename;  // as the client says: never a path
  std::string_view type;      // empty: text/plain
  std::string_view body;
  bool is_file = false;  // a filename was given, though it may be empty
};

inline std::string_view name(const kirsch_field& field) { return {field.name, field.name_size}; }
inline std::string_view value(const kirsch_field& field) { return {field.value, field.value_size}; }

// What the client sent. Views live until the last on_end_request hook has returned; empty for malformed messages.
class Request {
 public:
  explicit Request(kirsch_exchange* exchange) : exchange_(exchange) {}
  Method method() const { return static_cast<Method>(raw().method); }
  std::string_view method_name() const { return view(raw().method_name); }
  std::string_view target() const { return view(raw().target); }  // as received
  std::string_view path() const { return view(raw().path); }      // decoded once, normalised, UTF-8; %2F stays encoded
  std::string_view query_string() const { return view(raw().query); }
  std::string_view host() const { return view(raw().host); }  // lower case, without the port
  std::string_view scheme() const { return secure() ? "https" : "http"; }
  unsigned version() const { return raw().version; }  // of HTTP, times ten: 10 or 11; more may come
  bool secure() const { return raw().secure != 0; }
  const kirsch_address& peer() const { return *exchange_->functions->peer(exchange_); }
  const kirsch_address& local() const { return *exchange_->functions->local(exchange_); }
  RequestHeaders headers() const { return RequestHeaders(exchange_); }
  Pairs params() const { return {raw().params, raw().param_count}; }  // {name} segments of the path
  Pairs query() const { return pairs(exchange_->functions->query); }
  Pairs cookies() const { return pairs(exchange_->functions->cookies); }
  // Of application/x-www-form-urlencoded bodies, and the parts of multipart/form-data that are no files; none where
  // parts() would throw.
  Pairs form() const { return pairs(exchange_->functions->form); }
  // Of multipart/form-data bodies. Throws HttpError: 400 malformed, 413 too many parts, 415 another type.
  std::vector<Part> parts() const {
    std::uint32_t count = 0;
    std::uint16_t status = 0;
    const auto* first = exchange_->functions->parts(exchange_, &count, &status);
    if (status != 0) throw HttpError(status);
    std::vector<Part> all;
    for (const auto* part = first; part != first + count; ++part)
      all.push_back({view(part->name), view(part->filename), view(part->type), view(part->body), part->is_file != 0});
    return all;
  }
  // How much the client wants a media type ("text/html") by its Accept: 0, not at all, to 1000.
  unsigned quality(std::string_view type) const { return exchange_->functions->quality(exchange_, text(type)); }
  // Complete from before_handler on. Of a file if it was too large for memory: then also inline steps run on a worker
  // (async ones stay on the loop and should not look), and what is looked at takes memory until the step is over.
  std::string_view body() const { return view(raw().body); }
  // Of that file, which has no name and which the exchange closes; else -1. To go through a large body in little
  // memory, pread it piece by piece.
  int body_descriptor() const { return exchange_->functions->body_descriptor(exchange_); }

 private:
  const kirsch_request& raw() const { return *exchange_->request; }
  Pairs pairs(const kirsch_pair* (*parse)(kirsch_exchange*, std::uint32_t*)) const {
    std::uint32_t count = 0;
    const kirsch_pair* first = parse(exchange_, &count);
    return {first, count};
  }
  kirsch_exchange* exchange_;
};

namespace detail {
inline void append(std::string& out, std::string_view piece) { out += piece; }
template <std::integral Integer>
void append(std::string& out, Integer number) {
  out += std::to_string(number);
}
template <class Count, class Period>
void append(std::string& out, std::chrono::duration<Count, Period> time) {  // whole seconds, as HTTP counts
  out += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}
template <std::convertible_to<std::string_view> Piece>
std::string_view joined(const Piece& piece) {
  return piece;
}
template <class... Pieces>
std::string joined(const Pieces&... pieces) {
  std::string out;
  (append(out, pieces), ...);
  return out;
}
}  // namespace detail

// Fields of the answer. A value may be given in pieces: set("Retry-After", 30s). An invalid name or value (CR, LF, NUL
// …), a field that belongs to the framing, or a head that has left already throws std::invalid_argument.
class ResponseHeaders {
 public:
  explicit ResponseHeaders(kirsch_exchange* exchange) : exchange_(exchange) {}
  template <class... Pieces>
  void set(std::string_view name, const Pieces&... pieces) {
    change(exchange_->functions->set_field, name, pieces...);
  }
  template <class... Pieces>
  void add(std::string_view name, const Pieces&... pieces) {
    change(exchange_->functions->add_field, name, pieces...);
  }
  template <class... Pieces>
  void set_default(std::string_view name, const Pieces&... pieces) {  // only if absent
    change(exchange_->functions->default_field, name, pieces...);
  }
  void set(const PreparedField& field) { change(PreparedField::functions().set, field); }
  void add(const PreparedField& field) { change(PreparedField::functions().add, field); }
  void set_default(const PreparedField& field) { change(PreparedField::functions().set_default, field); }
  void remove(std::string_view name) { exchange_->functions->remove_field(exchange_, text(name)); }
  // A view until the next change.
  std::optional<std::string_view> find(std::string_view name) const {
    kirsch_text value{};
    if (exchange_->functions->response_field(exchange_, text(name), &value) == 0) return std::nullopt;
    return view(value);
  }

 private:
  using Change = std::uint8_t (*)(kirsch_exchange*, kirsch_text, kirsch_text);
  void change(Change function, std::string_view name, std::string_view value) {
    if (function(exchange_, text(name), text(value)) == 0) {
      throw std::invalid_argument("the response header '" + std::string(name) + "' cannot be set to this value now");
    }
  }
  void change(std::uint8_t (*function)(kirsch_exchange*, const kirsch_field*), const PreparedField& field) {
    if (function(exchange_, &field.raw()) == 0) throw std::invalid_argument("the head of the answer has left already");
  }
  template <class... Pieces>
  void change(Change function, std::string_view name, const Pieces&... pieces) {
    change(function, name, std::string_view(detail::joined(pieces...)));
  }
  kirsch_exchange* exchange_;
};

// The answer. The last body given wins.
class Response {
 public:
  explicit Response(kirsch_exchange* exchange) : exchange_(exchange) {}
  std::uint16_t status() const { return functions().status(exchange_); }
  // The registered words of the status, static; empty: it has none.
  std::string_view reason() const { return view(functions().reason(exchange_)); }
  // The body is the server's own page for an error: a tool at before_finalize may give another in its place.
  bool error_page() const { return functions().error_page(exchange_) != 0; }
  void set_status(std::uint16_t status) { check(functions().set_status(exchange_, status), "status"); }
  ResponseHeaders headers() { return ResponseHeaders(exchange_); }

  void body(std::string_view bytes) { check(functions().body_copy(exchange_, kirsch::text(bytes)), "body"); }
  // Not copied: must stay valid and unchanged while the instance of the handler or tool lives.
  void body_view(std::string_view bytes) { check(functions().body_view(exchange_, kirsch::text(bytes)), "body"); }
  void text(std::string_view bytes) { typed("text/plain; charset=utf-8", bytes); }
  void html(std::string_view bytes) { typed("text/html; charset=utf-8", bytes); }
  void json(std::string_view bytes) { typed("application/json", bytes); }
  // Nullopt: not known (chunked).
  std::optional<std::uint64_t> body_size() const {
    const auto size = functions().body_size(exchange_);
    return size == UINT64_MAX ? std::nullopt : std::optional(size);
  }

 private:
  const kirsch_exchange_functions& functions() const { return *exchange_->functions; }
  void typed(std::string_view type, std::string_view bytes) {
    headers().set("Content-Type", type);
    body(bytes);
  }
  static void check(std::uint8_t done, const char* what) {
    if (done == 0) throw std::invalid_argument(std::string("the response's ") + what + " cannot be set to this now");
  }
  kirsch_exchange* exchange_;
};

// What became of an exchange: final in on_end_request, before that what is known so far.
struct Outcome {
  bool committed;                     // the head of the answer was sent
  bool complete;                      // and all the rest; false in on_end_request: the client has gone
  std::uint64_t body_sent;            // bytes of the body that the kernel took, without the framing of chunks
  std::chrono::nanoseconds duration;  // since the head of the request was complete
  std::string_view id;                // names the request in the error log and on error pages
};

// Where the configuration leads a request, and what it has called so far. Views as those of Request.
struct Route {
  std::string_view listener;           // its name in YAML
  std::string_view path;               // as YAML writes it; empty: an unknown host or path, a rejected message
  std::string_view handler;            // the one that was called; empty: none
  std::span<const kirsch_text> tools;  // those of which a step was called; valid until the next call of route()
};

class Resume;  // kirsch/tasks.h

class Exchange {
 public:
  explicit Exchange(kirsch_exchange* raw) : raw_(raw) {}
  Request request() const { return Request(raw_); }
  Response response() { return Response(raw_); }
  std::uint32_t lane() const { return raw_->lane; }
  Outcome outcome() const {
    const auto& raw = *raw_->functions->outcome(raw_);
    return {raw.committed != 0, raw.complete != 0, raw.body_sent, std::chrono::nanoseconds(raw.duration), view(raw.id)};
  }

  Route route() const {
    const auto& raw = *raw_->functions->route(raw_);
    return {view(raw.listener), view(raw.path), view(raw.handler), {raw.tools, raw.tool_count}};
  }

  // Names the request in logs and on error pages, in place of the name that the server gives it: 1 to 128 letters,
  // digits and -._~:@+/=. Once; false: it is named already, or not with these.
  bool set_id(std::string_view id) { return raw_->functions->set_id(raw_, text(id)) != 0; }

  // Stops here until the returned handle is called, from any thread; then `resumed` (an Exchange& taker returning void
  // or Flow) runs on the loop. The step must be of class async and return Flow::suspend next. If the client goes, the
  // exchange ends instead and the handle does nothing. Defined in kirsch/tasks.h.
  template <class Resumed>
  Resume suspend(Resumed resumed);

  // Gives later steps of this exchange an object by id, destroyed after the last on_end_request hook.
  template <class Type>
  Type& attach(std::string_view id, std::unique_ptr<Type> object) {
    Type* raw_object = object.release();
    raw_->functions->attach(raw_, text(id), raw_object, [](void* data) { delete static_cast<Type*>(data); });
    return *raw_object;
  }
  template <class Type>
  Type* attachment(std::string_view id) const {
    return static_cast<Type*>(raw_->functions->attachment(raw_, text(id)));
  }

  kirsch_exchange* raw() const { return raw_; }

 private:
  kirsch_exchange* raw_;
};

namespace detail {

// Turns the exception in flight into the contract's failure. Call inside a catch block only.
inline std::uint32_t report_exception(kirsch_exchange* exchange) noexcept {
  const auto& functions = *exchange->functions;
  try {
    throw;
  } catch (const HttpError& error) {
    functions.fail(exchange, error.status(), text(error.what()));
  } catch (const Redirect& redirect) {
    if (functions.redirect(exchange, redirect.status(), text(redirect.location())) != 0) return KIRSCH_FLOW_ANSWER;
    functions.fail(
        exchange, 0,
        text("a redirect wants a status of 300 to 399, but not 304, and a location that is a valid header value"));
  } catch (const std::exception& error) {
    functions.fail(exchange, 0, text(error.what()));
  } catch (...) {
    functions.fail(exchange, 0, text("an exception that is not a std::exception"));
  }
  return KIRSCH_FLOW_FAIL;
}

// Runs a step of a module so that nothing escapes.
template <class Step>
std::uint32_t guarded(kirsch_exchange* raw, Step step) noexcept {
  try {
    Exchange exchange(raw);
    if constexpr (std::is_void_v<decltype(step(exchange))>) {
      step(exchange);
      return KIRSCH_FLOW_NEXT;
    } else {
      static_assert(std::same_as<decltype(step(exchange)), Flow>, "a hook or handler returns void or kirsch::Flow");
      return static_cast<std::uint32_t>(step(exchange));
    }
  } catch (...) {
    return report_exception(raw);
  }
}

}  // namespace detail
}  // namespace kirsch
