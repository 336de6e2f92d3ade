// A game over WebSocket: all who are connected guess one number, hear each other, and the first who has it wins.
#include <kirsch/module.h>
#include <kirsch/websocket.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <random>

namespace {

constexpr std::string_view table = "guess";  // the room in which all play

struct Guess {
  std::uint32_t highest = 0;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Guess::highest>("highest", "100", "the number is 1 to this").range(2, 1'000'000));

  struct Player {
    std::string name;
    std::uint32_t tries = 0;
  };

  void prepare() { draw(); }

  // The query is of a client: what is not a short plain name is refused before the connection opens.
  Player on_handshake(kirsch::Exchange& exchange, kirsch::WebSocketHandshake&) const {
    const auto name = exchange.request().query().get("name");
    const bool plain =
        std::all_of(name.begin(), name.end(), [](unsigned char byte) { return std::isalnum(byte) != 0; });
    if (name.empty() || name.size() > 20 || !plain)
      throw kirsch::HttpError(400, "A name is 1 to 20 letters and digits.");
    return {std::string(name)};
  }

  void on_open(kirsch::WebSocket& socket) const {
    socket.join(table, kirsch::SlowReader::drop_oldest);
    socket.send("Guess a number from 1 to " + std::to_string(highest) + ".");
  }

  void on_message(kirsch::WebSocket& socket, const kirsch::WebSocketMessage& message) {
    std::uint32_t guess = 0;
    const auto* const end = message.bytes.data() + message.bytes.size();
    const auto read = std::from_chars(message.bytes.data(), end, guess);
    if (read.ec != std::errc() || read.ptr != end) {
      socket.send("That is no number.");
      return;
    }
    auto& player = socket.data<Player>();
    ++player.tries;
    const std::lock_guard lock(mutex_);  // players are on all loops
    if (guess != number_) {
      socket.send(std::to_string(guess) + (guess < number_ ? " is too low." : " is too high."));
      return;
    }
    socket.publish(
        table, player.name + " has it: " + std::to_string(guess) + ", in " + std::to_string(player.tries) + " tries.");
    draw();
  }

 private:
  void draw() { number_ = std::uniform_int_distribution<std::uint32_t>(1, highest)(random_); }

  std::mutex mutex_;
  std::random_device random_;
  std::uint32_t number_ = 0;
};

}  // namespace

KIRSCH_MODULE("guess", "1.0.0", kirsch::websocket_application<Guess>("guess"));
