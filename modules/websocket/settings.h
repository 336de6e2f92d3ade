// The options of the handler.
#pragma once

#include <kirsch/websocket_application.h>

#include "compression.h"
#include "offer.h"

namespace websocket {

using Milliseconds = std::chrono::milliseconds;

enum class OriginRule : std::uint8_t { same, any };
constexpr auto kirsch_names(OriginRule) { return std::array<std::string_view, 2>{"same", "any"}; }

enum class Slow : std::uint8_t { close, drop_oldest };
constexpr auto kirsch_names(Slow) { return std::array<std::string_view, 2>{"close", "drop_oldest"}; }

struct DeflateOptions {
  bool context_takeover = false;
  std::uint8_t window_bits = 0;
  std::uint8_t level = 0;
  std::uint8_t memory_level = 0;
  kirsch::Size threshold;
  kirsch::Size memory;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&DeflateOptions::context_takeover>("context_takeover", "false",
                                                     "messages refer to earlier ones; costs memory per connection"),
      kirsch::opt<&DeflateOptions::window_bits>("window_bits", "12", "how far back, as a power of two").range(9, 15),
      kirsch::opt<&DeflateOptions::level>("level", "6", "effort, 1 to 9").range(1, 9),
      kirsch::opt<&DeflateOptions::memory_level>("memory_level", "5", "of zlib's tables, 1 to 9").range(1, 9),
      kirsch::opt<&DeflateOptions::threshold>("threshold", "128", "shorter messages leave as they are")
          .range(1, 1 << 30),
      kirsch::opt<&DeflateOptions::memory>("memory", "64MiB",
                                           "of all contexts together; without room a connection has none")
          .range(0, 1LL << 40));
};

struct Settings {
  kirsch::Provider<kirsch::WebSocketApplication> app;
  kirsch::Provider<kirsch::Rooms> rooms;
  std::variant<OriginRule, std::vector<std::string>> origins;
  kirsch::Size max_message;
  std::uint32_t max_fragments = 0;
  std::optional<Milliseconds> ping;
  Milliseconds pong_timeout{};
  std::optional<Milliseconds> idle_timeout;
  Milliseconds close_timeout{};
  kirsch::Size queue;
  Slow slow_reader{};
  std::optional<DeflateOptions> deflate;

  static constexpr std::int64_t millisecond = 1'000'000;
  static constexpr std::int64_t day = 86'400'000 * millisecond;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Settings::app>("app", kirsch::required, "the application"),
      kirsch::opt<&Settings::rooms>("rooms", "{ local: {} }", "who keeps its rooms"),
      kirsch::opt<&Settings::origins>("origins", "same", "whose pages may connect: same, any, or a list"),
      kirsch::opt<&Settings::max_message>("max_message", "1MiB", "a longer message ends the connection with 1009")
          .range(1, 1LL << 40),
      kirsch::opt<&Settings::max_fragments>("max_fragments", "1024", "of a message; more end the connection with 1008")
          .range(1, 1 << 30),
      kirsch::opt<&Settings::ping>("ping", "20s", "after this time without a word the client is asked for one")
          .range(millisecond, day),
      kirsch::opt<&Settings::pong_timeout>("pong_timeout", "20s", "and has this time to say it")
          .range(millisecond, day),
      kirsch::opt<&Settings::idle_timeout>("idle_timeout", "off", "connections without messages end")
          .range(millisecond, 366 * day),
      kirsch::opt<&Settings::close_timeout>("close_timeout", "10s", "for the close handshake").range(millisecond, day),
      kirsch::opt<&Settings::queue>("queue", "256KiB", "what may wait for a client that reads slowly")
          .range(1024, 1LL << 40),
      kirsch::opt<&Settings::slow_reader>("slow_reader", "close", "what happens beyond"),
      kirsch::opt<&Settings::deflate>("deflate", "off", "permessage-deflate: {} turns it on"));

  // Throws kirsch::OptionError. Origins are in their usual form afterwards.
  void check();
  bool allows(std::string_view said, std::string_view host, bool secure) const;
};

}  // namespace websocket
