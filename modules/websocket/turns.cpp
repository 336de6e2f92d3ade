// A worker that is not to be had is asked for again: the client waits meanwhile, because nothing is read from it.
#include "turns.h"

#include <kirsch/tasks.h>

#include "connection.h"

namespace websocket {
namespace {

constexpr std::chrono::milliseconds before_asking_again{20};

}  // namespace

bool call(const kirsch::Provider<kirsch::WebSocketApplication>& app, kirsch::WebSocketLink& link, const Turn& turn) {
  const auto& [table, self] = app;
  const auto bytes = kirsch::text(turn.bytes);
  switch (turn.type) {
    case Turn::Type::open:
      return table->open(self, &link) != 0;
    case Turn::Type::message: {
      auto piece = turn.piece;
      piece.bytes = bytes;
      return table->message(self, &link, &piece) != 0;
    }
    case Turn::Type::pong:
      return table->pong(self, &link, bytes) != 0;
    case Turn::Type::writable:
      return table->writable(self, &link) != 0;
    case Turn::Type::closed: {
      auto gone = turn.gone;
      gone.reason = bytes;
      table->closed(self, &link, &gone);
      return true;
    }
  }
  return false;
}

// What follows a turn on its loop. Where the loop ends first it follows at once: nothing runs beside it any more.
class Turns::Sequel {
 public:
  Sequel(Turns& turns, bool well) : turns_(&turns), well_(well) {}
  Sequel(Turns& turns, Turn lost) : turns_(&turns), lost_(std::move(lost)) {}
  Sequel(Sequel&& other) noexcept
      : turns_(std::exchange(other.turns_, nullptr)), well_(other.well_), lost_(std::move(other.lost_)) {}
  Sequel& operator=(Sequel&&) = delete;
  ~Sequel() {
    if (turns_ != nullptr) turns_->abandoned(std::move(lost_));
  }

  void operator()() {
    if (!lost_) std::exchange(turns_, nullptr)->finished(well_);
  }

 private:
  Turns* turns_;
  bool well_ = false;
  std::optional<Turn> lost_;  // no worker has had it
};

// A turn on its way: to a worker and back, or to nobody, when the server stops first.
class Turns::OnWorker {
 public:
  OnWorker(Turns& turns, Turn turn) : turns_(turns), turn_(std::move(turn)) {}
  ~OnWorker() {
    if (!done_) kirsch::post(turns_.connection_.lane, Sequel(turns_, std::move(turn_)));
  }
  OnWorker(const OnWorker&) = delete;
  OnWorker& operator=(const OnWorker&) = delete;

  void run() {
    auto& connection = turns_.connection_;
    const bool well = call(connection.app(), connection, turn_);
    done_ = true;
    kirsch::post(connection.lane, Sequel(turns_, well));
  }

 private:
  Turns& turns_;
  Turn turn_;
  bool done_ = false;
};

void Turns::add(Turn turn) {
  if (busy_) {
    waiting_.push_back(std::move(turn));
    return;
  }
  busy_ = true;
  begin(std::make_shared<OnWorker>(*this, std::move(turn)));
}

void Turns::begin(std::shared_ptr<OnWorker> turn) {
  if (kirsch::submit([turn] { turn->run(); })) return;
  kirsch::after(connection_.lane, before_asking_again, [this, turn] { begin(turn); });
}

void Turns::finished(bool well) {
  if (!well) connection_.fail({internal_error, ""});
  if (waiting_.empty()) {
    busy_ = false;
    return connection_.on_turns_over();
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  begin(std::make_shared<OnWorker>(*this, std::move(next)));
}

// The application hears of the end in any case: what it keeps for the connection goes with that.
void Turns::abandoned(std::optional<Turn> lost) {
  if (lost) waiting_.push_front(std::move(*lost));
  for (const auto& turn : waiting_) {
    if (turn.type == Turn::Type::closed) call(connection_.app(), connection_, turn);
  }
  waiting_.clear();
  finished(false);
}

}  // namespace websocket
