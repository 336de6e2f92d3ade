// What a configuration that is only tried does to the keys of the one that is served: nothing.
#include "server/shared_tickets.h"

#include <gtest/gtest.h>

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

config::Configuration with_rotation(std::chrono::milliseconds rotation) {
  config::TlsSettings tls;
  tls.tickets = rotation;
  config::ListenerSettings listener;
  listener.name = "main";
  listener.tls = tls;
  config::Configuration configuration;
  configuration.listeners.push_back(listener);
  return configuration;
}

TEST(SharedTickets, go_on_where_their_rotation_stays) {
  const auto served = tickets_for(with_rotation(12h), {});
  EXPECT_EQ(tickets_for(with_rotation(12h), served), served);
}

TEST(SharedTickets, of_another_rotation_begin_with_the_same_key_and_leave_the_served_ones_alone) {
  const auto served = tickets_for(with_rotation(12h), {});
  const auto key = served.at("main")->current()->name;
  const auto tried = tickets_for(with_rotation(1min), served);
  EXPECT_EQ(tried.at("main")->current()->name, key);
  const auto later = base::steady_now() + 1h;
  EXPECT_NE(tried.at("main")->current(later)->name, key);
  EXPECT_EQ(served.at("main")->current(later)->name, key);
  EXPECT_EQ(seeds_of(served).size(), 1u);
}

}  // namespace
}  // namespace kirsch::server
