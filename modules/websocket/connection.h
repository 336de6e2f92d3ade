// One WebSocket connection between its stream and its application (RFC 6455 5 to 7).
#pragma once

#include <kirsch/stream.h>
#include <kirsch/websocket_application.h>

#include <memory>

#include "backlog.h"
#include "close_code.h"
#include "frame_reader.h"
#include "lane.h"
#include "turns.h"

namespace websocket {

// All on its loop, unless said otherwise.
class Connection final : public kirsch::WebSocketLink, public DeadlineList::Link {
 public:
  // `data` is the application's, which has agreed to the handshake.
  Connection(Shared& shared, std::uint32_t loop, void* application_data, const std::optional<Deflate>& deflate);
  ~Connection();

  // What is agreed on of the client's offers; contexts only where there is memory for them. To be given to a
  // connection.
  static std::optional<Deflate> agree(Shared& shared, const std::vector<Extension>& offers);
  // Answers 101 and becomes the connection's stream; `self` is owned by it then. False: the exchange takes no upgrade.
  static bool upgrade(kirsch::Exchange& exchange, std::unique_ptr<Connection>& self);

  static Connection& of(kirsch::WebSocketLink* link) { return static_cast<Connection&>(*link); }
  static Connection& of(DeadlineList::Link& link) { return static_cast<Connection&>(link); }

  // For the lane.
  bool is_due(std::uint32_t now) const { return static_cast<std::int32_t>(now - due_) >= 0; }
  void on_due();

  // For turns.
  const kirsch::Provider<kirsch::WebSocketApplication>& app() const { return settings().app; }  // any thread
  void on_turns_over();

  // Ends the connection because of what the client, or the application, has done.
  void fail(const Fault& fault);

 private:
  enum class Phase : std::uint8_t { open, closing, ended };  // closing: our close frame was sent, the client's not yet

  // A room that this connection is in.
  struct Seat {
    Connection& connection;
    const std::string room;
    kirsch::SlowReader slow;
    std::uint32_t number;  // of those of this connection; no number comes twice
    void* seat = nullptr;  // the provider's
  };
  // What most connections have none of while they are idle.
  struct More {
    Backlog backlog;
    std::vector<std::unique_ptr<Seat>> seats;
    std::uint32_t seats_ever = 0;
    std::unique_ptr<Deflater> deflater;  // with a context
    std::unique_ptr<Inflater> inflater;
    std::unique_ptr<Turns> turns;
    std::uint16_t code = no_frame;  // of the client's close frame
    std::uint16_t sent = 0;         // of ours
    std::string reason;
  };

  static const kirsch::WebSocketFunctions functions_of_links;
  static const kirsch_stream_handler stream_handler;

  const Settings& settings() const { return shared_.settings; }
  Lane& own_lane() const { return *shared_.lanes[lane]; }
  kirsch::Stream stream() const { return kirsch::Stream(stream_); }
  More& more();
  bool blocking() const { return (app().table->flags & kirsch::WebSocketApplication::blocking) != 0; }
  bool busy() const { return more_ != nullptr && more_->turns != nullptr && more_->turns->busy(); }
  ReadLimits limits() const;
  void wait_in(DeadlineList& list, std::chrono::milliseconds time);

  // The stream's.
  void on_open(kirsch_stream* stream);
  std::size_t on_data(char* bytes, std::size_t size);
  void on_drain(std::uint32_t reason);
  void on_close();

  void take(const Event& event);
  void take_message(const Event& event);
  std::string_view inflated(std::string_view payload, Fault& fault);
  void take_close(std::string_view payload);
  void on_answer();
  bool is_idle();
  void tell(Turn turn);
  void steer_reading();
  bool close_frame_has_left() const;
  void end();

  // Output, connection_output.cpp.
  bool send(std::uint32_t kind, std::string_view bytes);
  // `seat`: of the room that the message came from; null: the application sends it to this client.
  bool send_shared(const kirsch::SharedMessage& message, const Seat* seat);
  bool put(std::uint32_t first, std::string_view payload, const Seat* seat = nullptr);
  bool put_later(kirsch::Blob frame, const Seat* seat);
  bool has_backlog() const { return more_ != nullptr && !more_->backlog.empty(); }
  bool waits() const;
  void written(std::uint64_t queued_now, const Seat* seat);
  void ask_for_room();
  bool compresses(std::size_t size) const;
  std::string_view deflated(std::string_view bytes);
  kirsch_blob* deflated_frame(const kirsch::SharedMessage& message);
  void send_control(Opcode opcode, std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);
  void send_close(std::string_view payload);
  void flush();
  std::uint64_t queued() const;

  bool join(std::string_view room, kirsch::SlowReader slow);
  bool leave(std::string_view room);
  Seat* seat_in(std::string_view room) const;
  void leave_all();

  Shared& shared_;
  kirsch_stream* stream_ = nullptr;  // null: not yet, or not any more
  FrameReader reader_;
  std::unique_ptr<More> more_;
  std::uint32_t due_ = 0;
  std::uint16_t idle_since_ = 0;  // without a message, by Lane::idle_clock
  Phase phase_ : 2 = Phase::open;
  bool heard_ : 1 = false;     // something since the last look
  bool messaged_ : 1 = false;  // a message
  bool asked_ : 1 = false;     // a ping of ours waits for an answer
  bool owing_ : 1 = false;     // the client has still to read what the application has sent to it alone
  bool server_context_ : 1 = false;
  bool client_context_ : 1 = false;
  std::uint8_t server_bits_ : 4 = 0;  // 0: no permessage-deflate
  std::uint8_t client_bits_ : 4 = 0;
};

// Ten thousand idle ones are to cost a megabyte.
static_assert(sizeof(void*) != 8 || sizeof(Connection) <= 88);

}  // namespace websocket
