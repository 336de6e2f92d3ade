// How many connections each client has, on all loops together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "kirsch/abi.h"

namespace kirsch::http {

// Any thread. A client is an IPv4 address, or an IPv6 network of 64 bits: one site has as many of those as it likes.
class ClientSeats {
 public:
  // One connection of a client; gives its place back when it goes. The seats outlive it.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : seats_(std::exchange(other.seats_, nullptr)), client_(other.client_) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(seats_, other.seats_);
      std::swap(client_, other.client_);
      return *this;
    }
    ~Seat() {
      if (seats_ != nullptr) seats_->leave(client_);
    }
    explicit operator bool() const { return seats_ != nullptr; }

   private:
    friend class ClientSeats;
    Seat(ClientSeats* seats, std::uint64_t client) : seats_(seats), client_(client) {}
    ClientSeats* seats_ = nullptr;
    std::uint64_t client_ = 0;
  };

  // Empty: the client has `most` already.
  Seat take(const kirsch_address& client, std::uint32_t most);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::uint32_t> counts;
  };
  Shard& shard(std::uint64_t client) { return shards_[client % shards_.size()]; }
  void leave(std::uint64_t client) noexcept;

  std::array<Shard, 31> shards_;
};

}  // namespace kirsch::http
