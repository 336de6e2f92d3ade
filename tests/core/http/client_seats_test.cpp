// How many connections a client may have, whatever loop they are on.
#include "http/client_seats.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "net/address.h"

namespace kirsch::http {
namespace {

kirsch_address client(const char* text) { return net::Address::parse(text).value().raw(); }

TEST(ClientSeats, AreGivenUpToTheLimitAndComeBack) {
  ClientSeats seats;
  auto first = seats.take(client("192.0.2.1:1"), 2);
  auto second = seats.take(client("192.0.2.1:2"), 2);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(seats.take(client("192.0.2.1:3"), 2));
  EXPECT_TRUE(seats.take(client("192.0.2.2:3"), 2));
  first = {};
  EXPECT_TRUE(seats.take(client("192.0.2.1:4"), 2));
}

TEST(ClientSeats, CountANetworkOfIpv6AsOneClient) {
  ClientSeats seats;
  const auto seat = seats.take(client("[2001:db8:1:1::1]:1"), 1);
  EXPECT_FALSE(seats.take(client("[2001:db8:1:1:ffff::2]:1"), 1));
  EXPECT_TRUE(seats.take(client("[2001:db8:1:2::1]:1"), 1));
}

TEST(ClientSeats, CountEachMoveOnce) {
  ClientSeats seats;
  std::optional<ClientSeats::Seat> seat = seats.take(client("192.0.2.1:1"), 1);
  ClientSeats::Seat moved = std::move(*seat);
  seat.reset();
  EXPECT_FALSE(seats.take(client("192.0.2.1:1"), 1));
  moved = {};
  EXPECT_TRUE(seats.take(client("192.0.2.1:1"), 1));
}

TEST(ClientSeats, MayBeTakenByManyThreads) {
  ClientSeats seats;
  std::vector<std::jthread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&seats] {
      for (int round = 0; round < 10'000; ++round) const auto seat = seats.take(client("192.0.2.1:1"), 3);
    });
  threads.clear();
  const auto all = {seats.take(client("192.0.2.1:1"), 3), seats.take(client("192.0.2.1:1"), 3),
                    seats.take(client("192.0.2.1:1"), 3)};
  for (const auto& one : all) EXPECT_TRUE(one);
}

}  // namespace
}  // namespace kirsch::http
