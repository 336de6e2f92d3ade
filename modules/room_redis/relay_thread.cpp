// One connection hears, because nothing else can be said where one has subscribed, and one speaks. A channel is the
// prefix and the name of a room; a message is the id of its sender, `t` or `b`, and its bytes.
#include <kirsch/log.h>
#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <mutex>

#include "relay.h"

namespace room_redis {
namespace {

using namespace std::chrono_literals;
using redis_client::Connection;
using redis_client::Refusal;
using redis_client::Reply;

constexpr std::size_t bytes_at_once = 64 * 1024;
constexpr int replies_at_once = 64;
constexpr std::chrono::milliseconds first_pause = 25ms;
constexpr std::chrono::milliseconds last_pause = 400ms;
constexpr auto settled = 1s;  // a connection that has held so long was no failing attempt
constexpr std::chrono::milliseconds idle_round = 1s;

// Calls `take` with all that has come, and `refuse` with refusals; not for ever.
template <class Take, class Refuse>
void hear_all(Dialogue& dialogue, bool ready, Take take, Refuse refuse) {
  for (int count = 0; (ready || dialogue.waiting()) && count < replies_at_once; ++count) {
    ready = false;
    try {
      take(dialogue.hear());
    } catch (const Refusal& refusal) {
      dialogue.answered();
      refuse(refusal.what());
    }
  }
}

}  // namespace

void Relay::run() {
  ::pthread_setname_np(::pthread_self(), "kirsch-rooms");
  auto pause = first_pause;
  for (;;) {
    const auto begun = Clock::now();
    try {
      return carry();
    } catch (const Poco::Exception& failure) {
      lost(failure.displayText());
    } catch (const std::exception& failure) {
      lost(failure.what());
    }
    if (Clock::now() - begun > settled) pause = first_pause;
    for (const auto end = Clock::now() + pause; Clock::now() < end;) {
      {
        const std::lock_guard guard(mutex_);
        if (ending_) return;
      }
      pollfd woken{wake_.descriptor(), POLLIN, 0};
      ::poll(&woken, 1, static_cast<int>(pause.count()));
      wake_.reset();
    }
    pause = std::min(2 * pause, last_pause);
  }
}

void Relay::carry() {
  Dialogue hearing(settings_.address, encryption_, settings_.timeout);
  Dialogue speaking(settings_.address, encryption_, settings_.timeout);
  hearing.open();
  speaking.open();
  {
    const std::lock_guard guard(mutex_);
    subscribed_.clear();
    changes_ = rooms_;
    following_ = true;
  }
  for (;;) {
    subscribe(hearing);
    if (!speak(speaking)) return;
    wait(hearing, speaking);
  }
}

void Relay::subscribe(Dialogue& hearing) {
  std::string commands;
  std::size_t count = 0;
  {
    const std::lock_guard guard(mutex_);
    for (const auto& room : changes_) {
      const bool wanted = rooms_.count(room) != 0;
      if (wanted ? !subscribed_.insert(room).second : subscribed_.erase(room) == 0) continue;
      commands += Connection::encoded({wanted ? "SUBSCRIBE" : "UNSUBSCRIBE", settings_.prefix + room});
      ++count;
    }
    changes_.clear();
  }
  if (count > 0) hearing.say(commands, count);
}

bool Relay::speak(Dialogue& speaking) {
  std::string commands;
  std::size_t count = 0;
  {
    const std::lock_guard guard(mutex_);
    for (; !queue_.empty() && commands.size() < bytes_at_once; ++count) {
      commands += queue_.front();
      queue_.pop_front();
    }
    queued_ -= commands.size();
    if (queue_.empty()) told_full_ = false;
    if (ending_ && ((count == 0 && on_their_way_ == 0) || Clock::now() > end_)) {
      lost_ += on_their_way_ + count + queue_.size();
      return false;
    }
  }
  on_their_way_ += count;
  if (count > 0) speaking.say(commands, count);
  return true;
}

void Relay::wait(Dialogue& hearing, Dialogue& speaking) {
  bool at_once = hearing.waiting() || speaking.waiting();
  {
    const std::lock_guard guard(mutex_);
    at_once = at_once || !queue_.empty() || !changes_.empty();
  }
  const auto round = hearing.owed() + speaking.owed() > 0 ? settings_.timeout : idle_round;
  pollfd events[] = {
      {wake_.descriptor(), POLLIN, 0}, {hearing.descriptor(), POLLIN, 0}, {speaking.descriptor(), POLLIN, 0}};
  ::poll(events, 3, at_once ? 0 : static_cast<int>(round.count()));
  wake_.reset();
  const auto refuse = [this](const std::string& words) { refused(words); };
  hear_all(
      hearing, events[1].revents != 0,
      [&](const Reply& reply) { reply.front() == "message" ? take(reply) : hearing.answered(); }, refuse);
  hear_all(
      speaking, events[2].revents != 0,
      [&](const Reply& reply) {
        speaking.answered();
        if (reply.front() == "PONG") return;
        --on_their_way_;
        ++sent_;
      },
      [&](const std::string& words) {
        --on_their_way_;
        ++lost_;
        refuse(words);
      });
  hearing.watch();
  speaking.watch();
  if (hearing.owed() == 0) available();
}

void Relay::take(const Reply& heard) {
  if (heard.size() != 3) return;
  const std::string_view channel = heard[1];
  const std::string_view message = heard[2];
  if (!channel.starts_with(settings_.prefix) || message.size() <= id_.size() || message.starts_with(id_)) return;
  const char kind = message[id_.size()];
  if (kind != 't' && kind != 'b') return;
  ++received_;
  house_.publish(UINT32_MAX, channel.substr(settings_.prefix.size()),
                 kind == 't' ? kirsch::MessageKind::text : kirsch::MessageKind::binary, message.substr(id_.size() + 1),
                 nullptr);
}

// Redis has confirmed all subscriptions.
void Relay::available() {
  connected_ = 1;
  if (!away_) return;
  {
    const std::lock_guard guard(mutex_);
    away_ = false;
  }
  kirsch::log(kirsch::Level::info, settings_.address.shown(), " is available again");
}

void Relay::lost(const std::string& reason) {
  connected_ = 0;
  bool tell = false;
  {
    const std::lock_guard guard(mutex_);
    lost_ += on_their_way_ + queue_.size();
    on_their_way_ = 0;
    queue_.clear();
    queued_ = 0;
    following_ = false;
    tell = !away_.exchange(true) && !ending_;
  }
  if (tell) kirsch::log(kirsch::Level::error, settings_.address.shown(), " is not available: ", reason);
}

void Relay::refused(const std::string& words) {
  if (std::exchange(last_refusal_, words) != words)
    kirsch::log(kirsch::Level::error, settings_.address.shown(), " refuses: ", words);
}

}  // namespace room_redis
