// Turns, tasks from other threads, and the end of a loop.
#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "loopback.h"

namespace kirsch::net::test {
namespace {

struct Step final : Deferred {
  std::function<void()> work;
  void run_deferred() override { work(); }
};

TEST(LoopTest, RunsWhatIsPostedInOrderOnItsOwnThread) {
  RunningLoop running;
  std::vector<int> order;
  std::vector<Loop*> loops;
  for (int number = 0; number < 100; ++number) {
    running.loop().post([&, number] {
      order.push_back(number);
      loops.push_back(Loop::current());
    });
  }
  running.call([] {});
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(loops.front(), &running.loop());
  EXPECT_EQ(Loop::current(), nullptr);
}

TEST(LoopTest, LosesNoneOfAHundredThousandTasksOfFourThreads) {
  constexpr std::size_t each = 25'000;
  RunningLoop running;
  std::array<std::size_t, 4> next{};  // touched by the loop only: a task out of order shows
  std::atomic<int> disorder = 0;
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < next.size(); ++number) {
    threads.emplace_back([&, number] {
      for (std::size_t count = 0; count < each; ++count) {
        ASSERT_TRUE(running.loop().post([&, number, count] { disorder += next[number]++ != count; }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  running.call([] {});
  EXPECT_EQ(disorder, 0);
  for (const std::size_t count : next) EXPECT_EQ(count, each);
}

TEST(LoopTest, WakesForEachTaskThatComesWhileItSleeps) {
  RunningLoop running;
  for (int count = 0; count < 1000; ++count) EXPECT_EQ(running.call([count] { return count; }), count);
}

TEST(LoopTest, RefusesTasksWhenItHasEnded) {
  RunningLoop running;
  running.end();
  EXPECT_FALSE(running.loop().post([] { ADD_FAILURE() << "ran"; }));
  const auto fail = [](void*) { ADD_FAILURE() << "called"; };
  EXPECT_FALSE(running.loop().post(kirsch_task{fail, fail, nullptr}));
}

TEST(LoopTest, DropsWhatWaitsWhenItEnds) {
  CollectingLog log;
  int dropped = 0;
  const auto run = [](void*) { ADD_FAILURE() << "ran"; };
  const auto drop = [](void* self) { ++*static_cast<int*>(self); };
  {
    Loop loop(0, log, kirsch::test::make_driver());
    ASSERT_TRUE(loop.post(kirsch_task{run, drop, &dropped}));
    loop.stop();
    loop.run();
    EXPECT_EQ(dropped, 1);
  }
  EXPECT_EQ(dropped, 1);
  {
    Loop never_run(0, log, kirsch::test::make_driver());
    ASSERT_TRUE(never_run.post(kirsch_task{run, drop, &dropped}));
  }
  EXPECT_EQ(dropped, 2);
}

TEST(LoopTest, RunsOrDropsEveryTaskThatItTookWhileItEnds) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> taken = 0;
    std::atomic<int> finished = 0;
    {
      RunningLoop running;
      const auto count = [](void* self) { ++*static_cast<std::atomic<int>*>(self); };
      std::thread poster([&] {
        while (running.loop().post(kirsch_task{count, count, &finished})) ++taken;
      });
      running.call([] {});
      running.end();
      poster.join();
    }
    EXPECT_EQ(taken, finished);
  }
}

TEST(LoopTest, RunsDeferredWorkOnceAfterAllEventsOfTheTurn) {
  RunningLoop running;
  std::string order;
  Step first, second;
  first.work = [&] { order += '1'; };
  second.work = [&] { order += '2'; };
  running.call([&] {
    Loop& loop = running.loop();
    // Posted together, so both run in one later turn.
    loop.post([&] {
      order += 'a';
      loop.at_end_of_turn(second);
      loop.at_end_of_turn(first);
      loop.at_end_of_turn(second);
    });
    loop.post([&] { order += 'b'; });
  });
  running.call([] {});
  running.call([] {});
  EXPECT_EQ(running.call([&] { return order; }), "ab21");
}

TEST(LoopTest, RunsDeferredWorkThatAddsItselfAgainWithoutAnEvent) {
  RunningLoop running;
  std::promise<void> done;
  int count = 0;
  Step step;
  step.work = [&] {
    if (++count == 10) return done.set_value();
    running.loop().at_end_of_turn(step);
  };
  running.call([&] { running.loop().at_end_of_turn(step); });
  done.get_future().get();
}

TEST(LoopTest, ForgetsDeferredWorkThatIsDestroyed) {
  RunningLoop running;
  running.call([&] {
    Step step;
    step.work = [] { ADD_FAILURE() << "ran"; };
    running.loop().at_end_of_turn(step);
  });
  running.call([] {});
}

TEST(LoopTest, TellsConnectionsThatItEnds) {
  std::atomic<int> error = 0;
  std::promise<void> accepted;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.lost = [&](int reason) { error = reason; };
    accepted.set_value();
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  accepted.get_future().get();
  EXPECT_EQ(running.loop().connections(), 1U);
  running.end();
  EXPECT_EQ(error, ECANCELED);
  EXPECT_EQ(running.loop().connections(), 0U);
  EXPECT_EQ(client.read_once(), 0);
}

TEST(LoopTest, AdoptsAConnectedSocket) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const base::UniqueFd far_end(pair[1]);
  Connection connection;
  connection.data = [&](std::span<char> bytes) { send_text(connection, bytes.size() == 4 ? "pong" : "what"); };
  RunningLoop running;
  running.call([&] { connection.transport = running.loop().adopt(base::UniqueFd(pair[0]), connection); });
  ASSERT_EQ(::send(far_end.get(), "ping", 4, 0), 4);
  std::string answer(4, '\0');
  ASSERT_EQ(::recv(far_end.get(), answer.data(), 4, MSG_WAITALL), 4);
  EXPECT_EQ(answer, "pong");
}

TEST(LoopTest, ReusesTheSlotsOfAThousandShortConnections) {
  ConnectionAcceptor acceptor([](Connection& connection) {
    connection.data = [&](std::span<char>) { send_text(connection, "bye"); };
    connection.sent = [&] { connection.transport->close(); };
  });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  for (int count = 0; count < 1000; ++count) {
    Client client(address);
    ASSERT_TRUE(client.write("x"));
    ASSERT_EQ(client.read(3), "bye");
    ASSERT_EQ(client.read_once(), 0);
  }
  EXPECT_EQ(running.call([&] { return running.loop().connections(); }), 0U);
}

}  // namespace
}  // namespace kirsch::net::test
