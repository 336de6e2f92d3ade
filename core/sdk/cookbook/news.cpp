// Server-sent events: who GETs the path hears what others POST there. https://html.spec.whatwg.org/#server-sent-events
#include <kirsch/body.h>
#include <kirsch/module.h>

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>

namespace {

// A client that listens. Its stream ends with it, and it with its stream.
struct Listener {
  std::mutex mutex;
  std::string waiting = "retry: 2000\n\n";
  bool over = false;
  kirsch::Wake wake;

  void tell(std::string_view event, std::size_t most) {
    {
      const std::lock_guard lock(mutex);
      waiting += event;
      over = over || waiting.size() > most;  // it reads too slowly; the browser comes again by itself
    }
    wake();
  }
  // [loop]
  kirsch::Produced produce(char* buffer, std::size_t capacity) {
    const std::lock_guard lock(mutex);
    if (over) return {0, true};
    const auto size = waiting.copy(buffer, capacity);
    waiting.erase(0, size);
    return {size, false};
  }
};

struct News {
  kirsch::Size backlog;
  std::vector<kirsch::Cidr> publishers;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&News::backlog>("backlog", "64KiB", "what may wait for a client that reads slowly"),
      kirsch::opt<&News::publishers>("publishers", "[127.0.0.0/8, \"::1\"]", "networks whose clients may POST"));

  void handle(kirsch::Exchange& exchange) {
    if (exchange.request().method() == kirsch::Method::post) return publish(exchange);
    const auto listener = std::make_shared<Listener>();
    listener->wake = kirsch::send_stream(
        exchange, [listener](char* buffer, std::size_t capacity) { return listener->produce(buffer, capacity); });
    exchange.response().headers().set("Content-Type", "text/event-stream");
    exchange.response().headers().set("Cache-Control", "no-store");
    const std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [](const auto& other) { return other.expired(); });
    listeners_.push_back(listener);
  }

 private:
  void publish(kirsch::Exchange& exchange) {
    const auto& peer = exchange.request().peer();
    if (std::none_of(publishers.begin(), publishers.end(), [&](const auto& net) { return net.contains(peer); }))
      throw kirsch::HttpError(403, "News are made elsewhere.");
    std::string event = "data: ";
    for (const char byte : exchange.request().body()) {
      const bool line_end = byte == '\r' || byte == '\n';  // what comes then must not be read as a field of the event
      event += line_end ? "\ndata: " : std::string_view(&byte, 1);
    }
    event += "\n\n";
    const std::lock_guard lock(mutex_);
    for (const auto& listener : listeners_)
      if (const auto there = listener.lock()) there->tell(event, backlog.bytes);
    exchange.response().set_status(204);
  }

  std::mutex mutex_;
  std::list<std::weak_ptr<Listener>> listeners_;
};

}  // namespace

KIRSCH_MODULE("news", "1.0.0", kirsch::handler<News>("news").carries_over());
