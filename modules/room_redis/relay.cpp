// What other threads do: they leave what they have to say, and never wait.
#include "relay.h"

#include <kirsch/log.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>
#include <random>
#include <system_error>

namespace room_redis {
namespace {

constexpr std::size_t id_size = 16;

std::string random_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  std::string id;
  while (id.size() < id_size) id += digits[source() % digits.size()];
  return id;
}

}  // namespace

Event::Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Event::~Event() { ::close(descriptor_); }

void Event::set() const { ::eventfd_write(descriptor_, 1); }

void Event::reset() const {
  eventfd_t count = 0;
  ::eventfd_read(descriptor_, &count);
}

Relay::Relay(RelaySettings settings)
    : settings_(std::move(settings)),
      encryption_(redis_client::encryption(settings_.address)),
      id_(random_id()),
      house_([this](const std::string& room, bool begins) { changed(room, begins); }) {
  metrics_.push_back(metric(KIRSCH_METRIC_COUNTER, "kirsch_room_redis_sent_total", "Messages that Redis took.", sent_));
  metrics_.push_back(metric(KIRSCH_METRIC_COUNTER, "kirsch_room_redis_received_total",
                            "Messages that came from other processes.", received_));
  metrics_.push_back(metric(KIRSCH_METRIC_COUNTER, "kirsch_room_redis_lost_total",
                            "Messages that did not reach Redis, or perhaps not.", lost_));
  metrics_.push_back(metric(KIRSCH_METRIC_GAUGE, "kirsch_room_redis_connected", "1: Redis is available.", connected_));
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    end_ = Clock::now() + settings_.timeout;
  }
  wake_.set();
  thread_.join();
}

kirsch::Metric Relay::metric(kirsch_metric_kind kind, std::string_view name, std::string_view help,
                             const Number& number) {
  return {{kind, name, help}, [&number](double* value) { *value = static_cast<double>(number.load()); }};
}

void Relay::changed(const std::string& room, bool begins) {
  bool first = false;
  {
    const std::lock_guard guard(mutex_);
    begins ? static_cast<void>(rooms_.insert(room)) : static_cast<void>(rooms_.erase(room));
    if (!following_) return;  // a new connection begins with all of them
    first = changes_.empty();
    changes_.insert(room);
  }
  if (first) wake_.set();
}

void Relay::publish(std::uint32_t lane, std::string_view room, kirsch::MessageKind kind, std::string_view bytes,
                    const void* except) {
  house_.publish(lane, room, kind, bytes, except);
  if (away_) {
    ++lost_;
    return;
  }
  auto channel = settings_.prefix + std::string(room);
  auto message = id_ + (kind == kirsch::MessageKind::text ? 't' : 'b');
  auto command = redis_client::Connection::encoded({"PUBLISH", std::move(channel), message.append(bytes)});
  bool first = false;
  bool tell = false;
  {
    const std::lock_guard guard(mutex_);
    if (away_ || queued_ + command.size() > settings_.queue) {
      ++lost_;
      tell = !away_ && !std::exchange(told_full_, true);
    } else {
      first = queue_.empty();
      queued_ += command.size();
      queue_.push_back(std::move(command));
    }
  }
  if (first) wake_.set();
  if (tell) kirsch::log(kirsch::Level::warning, settings_.address.shown(), " is too slow: messages are dropped");
}

}  // namespace room_redis
