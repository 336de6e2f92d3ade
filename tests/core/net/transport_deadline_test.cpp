// The time that a connection gives itself: when it is up, and when it no longer counts.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "loopback.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

TEST(TransportDeadlineTest, FiresADeadlineNotBeforeItsTime) {
  std::promise<std::chrono::nanoseconds> waited;
  base::SteadyTime start;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    start = base::steady_now();
    connection.transport->set_deadline(base::steady_now() + 300ms);
    connection.timeout = [&] { waited.set_value(base::steady_now() - start); };
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_GE(waited.get_future().get(), 300ms);
}

TEST(TransportDeadlineTest, ADeadlineThatIsMovedBackFiresLaterAndOneMovedForwardEarlier) {
  std::promise<std::chrono::nanoseconds> later, earlier;
  std::atomic<int> count = 0;
  base::SteadyTime start;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    const bool back = count++ == 0;
    start = base::steady_now();
    connection.transport->set_deadline(base::steady_now() + (back ? 10ms : std::chrono::hours(1)));
    connection.transport->set_deadline(base::steady_now() + (back ? 700ms : 50ms));
    connection.timeout = [&, back] { (back ? later : earlier).set_value(base::steady_now() - start); };
  });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  Client first(address);
  EXPECT_GE(later.get_future().get(), 700ms);
  Client second(address);
  EXPECT_GE(earlier.get_future().get(), 50ms);
}

TEST(TransportDeadlineTest, ADeadlineThatIsClearedDoesNotFire) {
  std::promise<void> second_fired;
  std::atomic<int> count = 0;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    const bool cleared = count++ == 0;
    connection.transport->set_deadline(base::steady_now() + 1ms);
    connection.timeout = [&, cleared] {
      EXPECT_FALSE(cleared);
      second_fired.set_value();
    };
    if (cleared) connection.transport->clear_deadline();
  });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  Client first(address);
  Client second(address);
  second_fired.get_future().get();
}

}  // namespace
}  // namespace kirsch::net::test
