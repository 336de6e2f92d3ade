// Counted where connections begin and end only, so a mutex per shard costs nothing that a request would notice.
#include "http/client_seats.h"

#include <cstring>

namespace kirsch::http {
namespace {

// The two kinds cannot meet: no /64 begins with the bytes that v4-mapped addresses end with.
std::uint64_t number_of(const kirsch_address& client) {
  std::uint64_t number = 0;
  std::memcpy(&number, client.bytes + (client.family == 4 ? 8 : 0), sizeof number);
  return number;
}

}  // namespace

ClientSeats::Seat ClientSeats::take(const kirsch_address& client, std::uint32_t most) {
  const auto number = number_of(client);
  auto& place = shard(number);
  const std::lock_guard lock(place.mutex);
  auto& count = place.counts[number];
  if (count >= most) return {};
  ++count;
  return {this, number};
}

void ClientSeats::leave(std::uint64_t client) noexcept {
  auto& place = shard(client);
  const std::lock_guard lock(place.mutex);
  const auto found = place.counts.find(client);
  if (--found->second == 0) place.counts.erase(found);
}

}  // namespace kirsch::http
