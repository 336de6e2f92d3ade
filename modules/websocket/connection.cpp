// The life of a connection: what its stream and its deadlines bring, and what the application hears of it.
#include "connection.h"

namespace websocket {
namespace {

using Application = kirsch::WebSocketApplication;

std::uint64_t context_bytes(const Shared& shared, const Deflate& deflate) {
  return (deflate.server_context ? deflater_bytes(deflate.server_bits, shared.settings.deflate->memory_level) : 0) +
         (deflate.client_context ? inflater_bytes(deflate.client_bits) : 0);
}

}  // namespace

Connection::Connection(Shared& shared, std::uint32_t loop, void* application_data,
                       const std::optional<Deflate>& deflate)
    : WebSocketLink{&functions_of_links, application_data, 0, loop}, shared_(shared) {
  if (!deflate) return;
  server_bits_ = deflate->server_bits & 15;
  client_bits_ = deflate->client_bits & 15;
  server_context_ = deflate->server_context;
  client_context_ = deflate->client_context;
}

Connection::~Connection() {
  app().table->detach(app().self, this);
  if (server_context_ || client_context_)
    shared_.context_bytes -= context_bytes(shared_, {.server_context = server_context_,
                                                     .client_context = client_context_,
                                                     .server_bits = server_bits_,
                                                     .client_bits = client_bits_});
}

std::optional<Deflate> Connection::agree(Shared& shared, const std::vector<Extension>& offers) {
  const auto& options = shared.settings.deflate;
  if (!options) return std::nullopt;
  DeflateTerms terms{options->context_takeover, options->window_bits};
  auto agreed = negotiate(offers, terms);
  if (!agreed) return agreed;
  const auto bytes = context_bytes(shared, *agreed);
  if (bytes == 0 || shared.context_bytes.fetch_add(bytes) + bytes <= options->memory.bytes) return agreed;
  shared.context_bytes -= bytes;
  terms.context_takeover = false;
  return negotiate(offers, terms);
}

const kirsch_stream_handler Connection::stream_handler{
    .size = sizeof(kirsch_stream_handler),
    .on_open = [](void* self, kirsch_stream* stream) { static_cast<Connection*>(self)->on_open(stream); },
    .on_data = [](void* self, kirsch_stream*, char* bytes,
                  std::size_t size) { return static_cast<Connection*>(self)->on_data(bytes, size); },
    .on_writable = [](void* self, kirsch_stream*) { static_cast<Connection*>(self)->flush(); },
    .on_close = [](void* self, kirsch_stream*, std::uint8_t) { static_cast<Connection*>(self)->on_close(); },
    .on_drain = [](void* self, kirsch_stream*,
                   std::uint32_t reason) { static_cast<Connection*>(self)->on_drain(reason); }};

bool Connection::upgrade(kirsch::Exchange& exchange, std::unique_ptr<Connection>& self) {
  if (exchange.raw()->functions->upgrade(exchange.raw(), &stream_handler, self.get()) == 0) return false;
  static_cast<void>(self.release());
  return true;
}

Connection::More& Connection::more() {
  if (more_ == nullptr) more_ = std::make_unique<More>();
  return *more_;
}

void Connection::wait_in(DeadlineList& list, Milliseconds time) {
  due_ = own_lane().now() + static_cast<std::uint32_t>(time.count());
  list.append(*this);
}

void Connection::on_open(kirsch_stream* stream) {
  stream_ = stream;
  own_lane().enter();
  idle_since_ = own_lane().idle_clock();
  if (shared_.look != Milliseconds::zero()) wait_in(own_lane().looks, shared_.look);
  if (app().table->attach != nullptr) app().table->attach(app().self, this);
  tell({.type = Turn::Type::open});
}

// While something is with a worker nothing is read, so nothing can be missed.
void Connection::on_due() {
  unlink();
  if (phase_ != Phase::open) return stream().abort();
  const bool heard = heard_ || busy();
  heard_ = false;
  if (asked_ && !heard) return shared_.answer < settings().pong_timeout ? close(going_away, "idle") : stream().abort();
  if (is_idle()) return close(going_away, "idle");
  asked_ = false;
  if (heard || !settings().ping) return wait_in(own_lane().looks, shared_.look);
  send_control(Opcode::ping, {});
  asked_ = true;
  wait_in(own_lane().pongs, shared_.answer);
}

// The client has said a word after a ping.
void Connection::on_answer() {
  asked_ = false;
  if (is_idle()) return close(going_away, "idle");
  wait_in(own_lane().looks, shared_.look);
}

bool Connection::is_idle() {
  if (!settings().idle_timeout) return false;
  if (!messaged_ && !busy()) return own_lane().idle_since(idle_since_);
  messaged_ = false;
  idle_since_ = own_lane().idle_clock();
  return false;
}

ReadLimits Connection::limits() const {
  return {.message = settings().max_message.bytes,
          .fragments = settings().max_fragments,
          .deflate = server_bits_ != 0,
          .whole = (app().table->flags & Application::fragments) == 0};
}

// Of pings behind each other only the last one is answered (5.5.3), and none where the answers are not read.
std::size_t Connection::on_data(char* bytes, std::size_t size) {
  const auto read_limits = limits();
  std::span<char> input(bytes, size);
  std::optional<std::string> ping;
  heard_ = true;
  if (asked_ && phase_ == Phase::open) on_answer();
  const auto answer_ping = [&] {
    if (ping && !waits()) send_control(Opcode::pong, *ping);
    ping.reset();
  };
  while (phase_ != Phase::ended && !busy() && !owing_ && !(input.empty() && reader_.idle())) {
    const auto event = reader_.next(input, read_limits);
    if (event.type == Event::Type::nothing) break;
    if (event.type == Event::Type::ping) {
      ping = event.bytes;
      continue;
    }
    answer_ping();
    take(event);
  }
  answer_ping();
  return phase_ == Phase::ended ? size : size - input.size();
}

void Connection::take(const Event& event) {
  switch (event.type) {
    case Event::Type::message:
      if (phase_ == Phase::open) take_message(event);
      break;
    case Event::Type::pong:
      if (phase_ == Phase::open && !event.bytes.empty())
        tell({.type = Turn::Type::pong, .bytes = std::string(event.bytes)});
      break;
    case Event::Type::close:
      take_close(event.bytes);
      break;
    default:
      fail(event.fault);
  }
}

void Connection::take_message(const Event& event) {
  auto bytes = event.bytes;
  if (event.compressed) {
    Fault fault;
    bytes = inflated(bytes, fault);
    if (fault.code == 0 && event.kind == Opcode::text && !is_utf8(bytes))
      fault = {invalid_text, "text that is not UTF-8"};
    if (fault.code != 0) return fail(fault);
  }
  messaged_ = true;
  const kirsch::WebSocketPiece piece{.size = sizeof piece,
                                     .kind = static_cast<std::uint8_t>(event.kind),
                                     .first = event.first,
                                     .last = event.last,
                                     .bytes = kirsch::text(bytes)};
  if (blocking()) return tell({.type = Turn::Type::message, .piece = piece, .bytes = std::string(bytes)});
  if (app().table->message(app().self, this, &piece) == 0) fail({internal_error, ""});
}

std::string_view Connection::inflated(std::string_view payload, Fault& fault) {
  auto& own = own_lane();
  const auto limit = settings().max_message.bytes;
  if (!client_context_) return own.inflater().inflate(payload, limit, false, own.inflated, fault);
  auto& inflater = more().inflater;
  if (inflater == nullptr) inflater = std::make_unique<Inflater>(int{client_bits_});
  return inflater->inflate(payload, limit, true, own.inflated, fault);
}

// The client's close frame is answered, or was the answer; then the server closes first (7.1.1).
void Connection::take_close(std::string_view payload) {
  const auto frame = parse_close(payload);
  if (frame.fault.code != 0) return fail(frame.fault);
  more().code = frame.code;
  more_->reason = frame.reason;
  if (!close_frame_has_left()) {
    more_->sent = frame.code == no_code ? std::uint16_t{0} : frame.code;
    send_close(payload.substr(0, 2));
  }
  end();
}

void Connection::fail(const Fault& fault) {
  if (phase_ == Phase::ended || stream_ == nullptr) return;
  if (!close_frame_has_left()) {
    more().sent = fault.code;
    send_close(close_payload(fault.code, fault.reason));
  }
  end();
}

bool Connection::close_frame_has_left() const { return phase_ != Phase::open && more_->backlog.empty(); }

// Nothing is read any more; what was written still leaves, if the client takes it in time.
void Connection::end() {
  phase_ = Phase::ended;
  leave_all();
  stream().close();
  wait_in(own_lane().ends, settings().close_timeout);
}

void Connection::on_drain(std::uint32_t reason) {
  if (reason == KIRSCH_DRAIN_STOP) return close(going_away, "the server stops");
  close(service_restart, "the server was configured anew");
}

// An application that may block hears it later, on a worker; the client waits.
void Connection::tell(Turn turn) {
  if (!blocking()) {
    if (!call(app(), *this, turn)) fail({internal_error, ""});
    return;
  }
  auto& turns = more().turns;
  if (turns == nullptr) turns = std::make_unique<Turns>(*this);
  const bool open = stream_ != nullptr;
  turns->add(std::move(turn));
  if (open) steer_reading();  // otherwise that may have been the last of this
}

// Nothing is read while a callback is with a worker; nor from who asks for more than it reads.
void Connection::steer_reading() { stream().pause(busy() || owing_); }

void Connection::on_turns_over() {
  if (stream_ == nullptr) {
    delete this;
  } else {
    steer_reading();
  }
}

void Connection::on_close() {
  unlink();
  if (stream_ == nullptr) {  // it never opened
    delete this;
    return;
  }
  leave_all();
  own_lane().leave();
  phase_ = Phase::ended;
  stream_ = nullptr;
  Turn turn{.type = Turn::Type::closed};
  turn.gone.size = sizeof turn.gone;
  turn.gone.code = more_ == nullptr ? std::uint16_t{no_frame} : more_->code;
  turn.gone.sent = more_ == nullptr ? std::uint16_t{0} : more_->sent;
  if (more_ != nullptr) turn.bytes = more_->reason;
  if (blocking()) return tell(std::move(turn));  // on_turns_over comes after it
  tell(std::move(turn));
  delete this;
}

}  // namespace websocket
