// What the connections of one handler have in common: its options, and on each loop their deadlines and compressors.
#pragma once

#include <atomic>
#include <memory>

#include "compression.h"
#include "settings.h"

namespace websocket {

class Connection;

// Connections in the order of their deadlines.
class DeadlineList {
 public:
  // A place in at most one list; leaves it when destroyed.
  class Link {
   public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { unlink(); }
    void unlink() {
      next_->previous_ = previous_;
      previous_->next_ = next_;
      next_ = previous_ = this;
    }

   private:
    friend DeadlineList;
    Link* next_ = this;
    Link* previous_ = this;
  };

  void append(Link& link) {
    link.unlink();
    link.previous_ = head_.previous_;
    link.next_ = &head_;
    head_.previous_->next_ = &link;
    head_.previous_ = &link;
  }
  Link* first() { return head_.next_ == &head_ ? nullptr : head_.next_; }

 private:
  Link head_;
};

class Lane;

// Outlives the connections.
struct Shared {
  explicit Shared(Settings settings_of_handler);

  const Settings settings;
  const std::chrono::milliseconds look;          // a connection is looked at that often
  const std::chrono::milliseconds answer;        // a ping is waited for so long
  std::atomic<std::uint64_t> context_bytes = 0;  // of compressors that belong to one connection
  std::vector<std::shared_ptr<Lane>> lanes;      // by loop
};

// All on its loop.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(const Shared& shared, std::uint32_t number);

  std::uint32_t number() const { return number_; }
  std::uint32_t now() const;  // milliseconds since the lane began; wraps
  // The same in parts of the time that a connection may be idle: wraps after four times as long, and each connection is
  // asked about in half of that.
  std::uint16_t idle_clock() const;
  bool idle_since(std::uint16_t then) const;  // for all of that time
  std::uint64_t connections() const { return connections_; }

  void enter();
  void leave() { --connections_; }

  // Each connection is in one of them: open ones wait for the next look, or for the answer to a ping; those that end
  // wait for that.
  DeadlineList looks, pongs, ends;

  Deflater& deflater(int window_bits);  // without a context
  Inflater& inflater();
  std::string deflated, inflated;  // what the last message became, with a context or without

 private:
  void tick_later();
  void tick();

  std::chrono::milliseconds time() const;  // since the lane began

  const std::chrono::milliseconds tick_;
  const std::chrono::milliseconds idle_part_;
  const std::int64_t idle_parts_;
  const DeflateEffort effort_;
  const std::uint32_t number_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t connections_ = 0;
  bool ticking_ = false;
  std::unique_ptr<Deflater> deflaters_[16];  // by window bits
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace websocket
