// The rooms of this process, and a thread that carries what is published in them to and from those of other processes.
#pragma once

#include <kirsch/metrics.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "dialogue.h"
#include "room_house/house.h"

namespace room_redis {

struct RelaySettings {
  redis_client::ServerAddress address;
  std::string prefix;  // of channels
  std::chrono::milliseconds timeout{};
  std::uint64_t queue = 0;  // bytes that may wait for Redis
};

// Wakes a thread that polls; any thread.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void set() const;
  void reset() const;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// As room_house::House, and what is published reaches the other processes too. Nothing ever waits for Redis.
class Relay {
 public:
  // Throws kirsch::OptionError.
  explicit Relay(RelaySettings settings);
  ~Relay();  // what waits is sent, if Redis takes it within the timeout

  room_house::Seat* join(std::uint32_t lane, std::string_view room,
                         void (*deliver)(void*, const kirsch::SharedMessage*), void* member) {
    return house_.join(lane, room, deliver, member);
  }
  void leave(room_house::Seat& seat) { house_.leave(seat); }
  void publish(std::uint32_t lane, std::string_view room, kirsch::MessageKind kind, std::string_view bytes,
               const void* except);
  std::uint64_t members(std::string_view room) const { return house_.members(room); }

 private:
  using Number = std::atomic<std::uint64_t>;

  void changed(const std::string& room, bool begins);
  kirsch::Metric metric(kirsch_metric_kind kind, std::string_view name, std::string_view help, const Number& number);

  // On the thread.
  void run();
  void carry();
  void subscribe(Dialogue& hearing);
  bool speak(Dialogue& speaking);  // false: all is said, and the relay ends
  void wait(Dialogue& hearing, Dialogue& speaking);
  void take(const redis_client::Reply& heard);
  void available();
  void lost(const std::string& reason);
  void refused(const std::string& words);

  const RelaySettings settings_;
  const Poco::Net::Context::Ptr encryption_;
  const std::string id_;  // in front of each message, so that its sender knows it again
  const Event wake_;
  room_house::House house_;

  std::mutex mutex_;
  std::set<std::string> rooms_;    // those with members
  std::set<std::string> changes_;  // rooms that may have begun or ended
  std::deque<std::string> queue_;  // commands
  std::uint64_t queued_ = 0;       // their bytes
  bool following_ = false;         // the thread wants to know of changes
  bool told_full_ = false;
  bool ending_ = false;
  Clock::time_point end_;  // when it must be over
  std::atomic<bool> away_{false};

  // The thread's own.
  std::set<std::string> subscribed_;
  std::size_t on_their_way_ = 0;  // messages that Redis has not answered
  std::string last_refusal_;

  Number sent_{0}, received_{0}, lost_{0}, connected_{0};
  std::vector<kirsch::Metric> metrics_;
  std::thread thread_;
};

}  // namespace room_redis
