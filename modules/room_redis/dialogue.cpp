// Answers come in the order of the commands, so counting them is enough.
#include "dialogue.h"

namespace room_redis {
namespace {

using namespace std::chrono_literals;

constexpr auto silence = 5s;  // then the server is asked for a word

}  // namespace

void Dialogue::open() {
  connection_.open();
  heard_ = Clock::now();
}

void Dialogue::say(std::string_view commands, std::size_t count) {
  if (owed_ == 0) heard_ = Clock::now();
  owed_ += count;
  connection_.send(commands);
}

redis_client::Reply Dialogue::hear() {
  heard_ = Clock::now();
  return connection_.next();
}

void Dialogue::watch() {
  const auto quiet = Clock::now() - heard_;
  if (owed_ > 0 && quiet > timeout_) throw std::runtime_error("no answer in time");
  if (owed_ == 0 && quiet > silence) say(redis_client::Connection::encoded({"PING"}), 1);
}

}  // namespace room_redis
