// The worker pool: every accepted task is run or dropped once, nothing waits behind a task that blocks.
#include "pipeline/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <functional>
#include <future>
#include <latch>
#include <set>
#include <string>

namespace kirsch::pipeline {
namespace {

// A task that owns itself; counts what became of it.
struct Outcome {
  std::atomic<int> run = 0;
  std::atomic<int> dropped = 0;
};

kirsch_task task(
    Outcome& outcome, std::function<void()> action = [] {}) {
  struct Work {
    Outcome* outcome;
    std::function<void()> action;
  };
  return {[](void* self) {
            const std::unique_ptr<Work> work(static_cast<Work*>(self));
            work->action();
            work->outcome->run.fetch_add(1);
          },
          [](void* self) {
            const std::unique_ptr<Work> work(static_cast<Work*>(self));
            work->outcome->dropped.fetch_add(1);
          },
          new Work{&outcome, std::move(action)}};
}

void discard(const kirsch_task& refused) { refused.drop(refused.self); }

// Keeps all workers of a pool inside a task until it is opened.
class Gate {
 public:
  explicit Gate(WorkerPool& pool) : inside_(static_cast<std::ptrdiff_t>(pool.workers())) {
    for (std::size_t i = 0; i < pool.workers(); ++i) {
      EXPECT_TRUE(pool.submit(task(outcome_, [this] {
        inside_.count_down();
        open_.wait();
      })));
    }
    inside_.wait();
  }
  void open() { open_.count_down(); }
  int run() const { return outcome_.run.load(); }
  // Opens the gate when it is dropped, which is what must become of it.
  kirsch_task opener() {
    return {[](void*) { ADD_FAILURE() << "ran"; }, [](void* self) { static_cast<Gate*>(self)->open(); }, this};
  }

 private:
  Outcome outcome_;
  std::latch inside_;
  std::latch open_{1};
};

TEST(WorkerPoolTest, RunsEveryTaskOnceOnAWorker) {
  Outcome outcome;
  std::mutex mutex;
  std::set<unsigned> lanes;
  {
    WorkerPool pool({.workers = 4, .queue = 1024, .first_lane = 2});
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.submit(task(outcome, [&] {
        const std::lock_guard lock(mutex);
        lanes.insert(WorkerPool::current_lane());
      })));
    }
    pool.stop(std::chrono::hours(1));
  }
  EXPECT_EQ(outcome.run.load(), 500);
  EXPECT_EQ(outcome.dropped.load(), 0);
  EXPECT_GE(*lanes.begin(), 2U);
  EXPECT_LT(*lanes.rbegin(), 6U);
}

TEST(WorkerPoolTest, EachWorkerHasItsOwnLaneAndName) {
  WorkerPool pool({.workers = 12, .queue = 64, .first_lane = 3});
  Outcome outcome;
  std::mutex mutex;
  std::set<std::string> seen;
  std::latch all(12);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(pool.submit(task(outcome, [&] {
      all.arrive_and_wait();  // so each runs on a thread of its own
      char name[16] = {};
      pthread_getname_np(pthread_self(), name, sizeof name);
      const std::lock_guard lock(mutex);
      seen.insert(std::to_string(WorkerPool::current_lane()) + " " + name);
    })));
  }
  pool.stop(std::chrono::hours(1));
  std::set<std::string> expected;
  for (unsigned i = 0; i < 10; ++i) expected.insert(std::to_string(i + 3) + " kirsch-worker-" + std::to_string(i));
  expected.insert("13 kirsch-work-10");
  expected.insert("14 kirsch-work-11");
  EXPECT_EQ(seen, expected);
}

TEST(WorkerPoolTest, AThreadThatIsNoWorkerHasNoLane) { EXPECT_EQ(WorkerPool::current_lane(), WorkerPool::no_lane); }

TEST(WorkerPoolTest, WorkersBlockSignalsButNotFaultsAndTheMakerKeepsItsMask) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  WorkerPool pool({.workers = 1, .queue = 4, .first_lane = 0});
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  Outcome outcome;
  sigset_t inside;
  sigemptyset(&inside);
  pool.submit(task(outcome, [&] { pthread_sigmask(SIG_SETMASK, nullptr, &inside); }));
  pool.stop(std::chrono::hours(1));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE}) {
    EXPECT_EQ(sigismember(&inside, signal), 1) << signal;
    EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal)) << signal;
  }
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    EXPECT_EQ(sigismember(&inside, signal), 0) << signal;
}

TEST(WorkerPoolTest, RefusesWhatTheQueueCannotHoldAndCallsNothingOfIt) {
  Outcome outcome;
  WorkerPool pool({.workers = 1, .queue = 3, .first_lane = 0});
  Gate gate(pool);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(task(outcome)));
  const kirsch_task refused = task(outcome);
  EXPECT_FALSE(pool.submit(refused));
  EXPECT_EQ(outcome.run.load() + outcome.dropped.load(), 0);
  EXPECT_EQ(pool.depth(), 3U);
  EXPECT_EQ(pool.busy(), 1U);
  gate.open();
  pool.stop(std::chrono::hours(1));
  EXPECT_EQ(outcome.run.load(), 3);
  EXPECT_EQ(pool.depth(), 0U);
  EXPECT_EQ(pool.busy(), 0U);
  discard(refused);
}

TEST(WorkerPoolTest, ABatchIsTakenFromTheFrontAsFarAsThereIsRoom) {
  Outcome outcome;
  WorkerPool pool({.workers = 1, .queue = 3, .first_lane = 0});
  Gate gate(pool);
  std::vector<int> order;
  std::vector<kirsch_task> batch;
  for (int i = 0; i < 5; ++i) batch.push_back(task(outcome, [&order, i] { order.push_back(i); }));
  EXPECT_EQ(pool.submit(batch), 3U);
  EXPECT_EQ(pool.submit(std::span<const kirsch_task>()), 0U);
  gate.open();
  pool.stop(std::chrono::hours(1));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  discard(batch[3]);
  discard(batch[4]);
}

TEST(WorkerPoolTest, ATaskThatBlocksHoldsUpNoTaskThatCameAfterIt) {
  constexpr int others = 64;
  Outcome outcome;
  WorkerPool pool({.workers = 2, .queue = 1024, .first_lane = 0});
  Gate gate(pool);
  // The queue is long and nobody sleeps, so whoever begins this task takes more with it.
  std::latch all_others(others);
  ASSERT_TRUE(pool.submit(task(outcome, [&] { all_others.wait(); })));
  for (int i = 0; i < others; ++i) ASSERT_TRUE(pool.submit(task(outcome, [&] { all_others.count_down(); })));
  gate.open();
  all_others.wait();
  pool.stop(std::chrono::hours(1));
  EXPECT_EQ(outcome.run.load(), others + 1);
}

TEST(WorkerPoolTest, AsManyTasksRunAtOnceAsThereAreWorkers) {
  Outcome outcome;
  WorkerPool pool({.workers = 8, .queue = 1024, .first_lane = 0});
  std::latch together(8);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(pool.submit(task(outcome, [&] { together.arrive_and_wait(); })));
  together.wait();
  pool.stop(std::chrono::hours(1));
  EXPECT_EQ(outcome.run.load(), 8);
}

TEST(WorkerPoolTest, StopWithoutADrainFinishesWhatRunsAndDropsTheRest) {
  Outcome waiting;
  WorkerPool pool({.workers = 1, .queue = 64, .first_lane = 0});
  Gate gate(pool);
  kirsch_task last = task(waiting);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(task(waiting)));
  ASSERT_TRUE(pool.submit(gate.opener()));
  pool.stop();
  EXPECT_EQ(gate.run(), 1);
  EXPECT_EQ(waiting.run.load(), 0);
  EXPECT_EQ(waiting.dropped.load(), 10);
  EXPECT_FALSE(pool.submit(last));
  discard(last);
  pool.stop();
}

TEST(WorkerPoolTest, ADrainEndsAtItsDeadline) {
  Outcome waiting;
  WorkerPool pool({.workers = 1, .queue = 64, .first_lane = 0});
  Gate gate(pool);
  ASSERT_TRUE(pool.submit(task(waiting)));
  ASSERT_TRUE(pool.submit(gate.opener()));  // longer than any deadline: only this drop ends what runs
  pool.stop(std::chrono::milliseconds(5));
  EXPECT_EQ(gate.run(), 1);
  EXPECT_EQ(waiting.dropped.load(), 1);
}

TEST(WorkerPoolTest, ADrainEndsAtOnceWhenAnotherThreadDropsWhatWaits) {
  Outcome waiting;
  WorkerPool pool({.workers = 1, .queue = 64, .first_lane = 0});
  Gate gate(pool);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(task(waiting)));
  std::thread impatient([&] {
    EXPECT_EQ(pool.drop_queued(), 10U);
    gate.open();
  });
  pool.stop(std::chrono::hours(24 * 365 * 1000));
  impatient.join();
  EXPECT_EQ(waiting.dropped.load(), 10);
  EXPECT_EQ(gate.run(), 1);
}

TEST(WorkerPoolTest, WhatAWorkerHasTakenForLaterIsDroppedToo) {
  Outcome waiting;
  Outcome running;
  WorkerPool pool({.workers = 1, .queue = 64, .first_lane = 0});
  std::latch inside(1);
  std::latch dropped(1);
  Gate gate(pool);
  ASSERT_TRUE(pool.submit(task(running, [&] {
    inside.count_down();
    dropped.wait();
  })));
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(pool.submit(task(waiting)));
  gate.open();
  inside.wait();
  EXPECT_EQ(pool.depth(), 40U);
  EXPECT_EQ(pool.drop_queued(), 40U);
  EXPECT_EQ(pool.depth(), 0U);
  dropped.count_down();
  pool.stop();
  EXPECT_EQ(waiting.dropped.load(), 40);
  EXPECT_EQ(running.run.load(), 1);
}

TEST(WorkerPoolTest, ATaskMaySubmitAnother) {
  Outcome outcome;
  std::promise<void> second;
  WorkerPool pool({.workers = 1, .queue = 4, .first_lane = 0});
  ASSERT_TRUE(
      pool.submit(task(outcome, [&] { EXPECT_TRUE(pool.submit(task(outcome, [&] { second.set_value(); }))); })));
  second.get_future().wait();
  pool.stop(std::chrono::hours(1));
  EXPECT_EQ(outcome.run.load(), 2);
}

TEST(WorkerPoolTest, ManyThreadsSubmitWhileThePoolStopsAndNoTaskIsLostOrDoubled) {
  for (const std::chrono::milliseconds drain : {std::chrono::milliseconds(0), std::chrono::milliseconds(2)}) {
    Outcome outcome;
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    {
      WorkerPool pool({.workers = 3, .queue = 32, .first_lane = 0});
      std::vector<std::thread> threads;
      std::latch warm(4);
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          for (int j = 0; j < 1000; ++j) {
            std::vector<kirsch_task> batch;
            for (int k = 0; k <= j % 3; ++k) batch.push_back(task(outcome));
            const std::size_t taken = pool.submit(batch);
            accepted.fetch_add(static_cast<int>(taken));
            for (std::size_t k = taken; k < batch.size(); ++k) discard(batch[k]);
            refused.fetch_add(static_cast<int>(batch.size() - taken));
            if (j == 500) warm.count_down();
          }
        });
      }
      warm.wait();
      pool.stop(drain);
      for (std::thread& thread : threads) thread.join();
    }
    EXPECT_EQ(outcome.run.load() + outcome.dropped.load(), accepted.load() + refused.load());
    EXPECT_GE(outcome.dropped.load(), refused.load());
  }
}

TEST(WorkerPoolTest, TheEndOfAPoolDropsWhatWaits) {
  auto pool = std::make_unique<WorkerPool>(WorkerPool::Settings{.workers = 1, .queue = 4, .first_lane = 0});
  Gate gate(*pool);
  ASSERT_TRUE(pool->submit(gate.opener()));
  pool.reset();
  EXPECT_EQ(gate.run(), 1);
}

}  // namespace
}  // namespace kirsch::pipeline
