// Long polling: a client asks for the message behind the one it has, and is answered when there is one.
#include <kirsch/module.h>
#include <kirsch/tasks.h>

#include <charconv>
#include <memory>
#include <mutex>

namespace {

// Waiting costs no thread: an exchange is suspended, and whoever has news resumes it.
struct Board {
  std::mutex mutex;
  std::uint64_t number = 0;
  std::string message;
  std::map<std::uint64_t, kirsch::Resume> waiting;
  std::uint64_t last_waiter = 0;
};

struct Poll {
  std::chrono::milliseconds patience{};
  std::shared_ptr<Board> board = std::make_shared<Board>();  // timers hold it, too

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Poll::patience>("patience", "30s", "without a message the answer is 204 then")
                          .range(1'000'000, 3'600'000'000'000));

  kirsch::Flow handle(kirsch::Exchange& exchange) const {
    if (exchange.request().method() == kirsch::Method::post) return publish(exchange);
    const auto after = exchange.request().query().get("after", "0");
    std::uint64_t known = 0;
    const auto* const end = after.data() + after.size();
    if (const auto read = std::from_chars(after.data(), end, known); read.ec != std::errc() || read.ptr != end)
      throw kirsch::HttpError(400, "after wants a number.");

    const std::lock_guard lock(board->mutex);
    if (board->number != known) return answer(exchange, *board), kirsch::Flow::next;
    const auto waiter = ++board->last_waiter;
    board->waiting[waiter] = exchange.suspend([board = board, known](kirsch::Exchange& resumed) {
      const std::lock_guard held(board->mutex);
      if (board->number == known) return resumed.response().set_status(204);
      answer(resumed, *board);
    });
    // Also where the client goes: so none is kept for longer.
    kirsch::after(exchange.lane(), patience, [board = board, waiter] {
      const std::lock_guard held(board->mutex);
      if (const auto found = board->waiting.extract(waiter)) found.mapped()();
    });
    return kirsch::Flow::suspend;
  }

 private:
  kirsch::Flow publish(kirsch::Exchange& exchange) const {
    const std::lock_guard lock(board->mutex);
    ++board->number;
    board->message = exchange.request().body();
    for (const auto& [waiter, resume] : std::exchange(board->waiting, {})) resume();
    exchange.response().set_status(204);
    return kirsch::Flow::next;
  }
  static void answer(kirsch::Exchange& exchange, const Board& board) {
    exchange.response().headers().set("X-Number", board.number);  // for the next `after`
    exchange.response().headers().set("Cache-Control", "no-store");
    exchange.response().text(board.message);
  }
};

}  // namespace

KIRSCH_MODULE("poll", "1.0.0", kirsch::handler<Poll>("poll").async().carries_over());
