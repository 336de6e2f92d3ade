// The bus: order of listeners, what a failure undoes, and that no request from another thread is lost.
#include "engine/bus.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace kirsch::engine {
namespace {

using Names = std::vector<std::string>;

class Lines final : public base::Log {
 public:
  void write(base::Level level, std::string_view line) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(level, line);
  }
  bool holds(base::Level level, std::string_view part) const {
    for (const auto& [at, line] : lines_) {
      if (at == level && line.find(part) != std::string::npos) return true;
    }
    return false;
  }
  Names states() const {
    Names result;
    for (const auto& [level, line] : lines_) {
      if (level == base::Level::info && line.starts_with("bus ")) result.push_back(line);
    }
    return result;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<base::Level, std::string>> lines_;
};

base::Refusal port_in_use() {
  base::Diagnostic diagnostic;
  diagnostic.code = "N001";
  diagnostic.message = "address in use";
  diagnostic.exit_code = base::ExitCode::bind_or_permission;
  return base::Refusal(std::move(diagnostic));
}

class BusTest : public testing::Test {
 protected:
  // Notes "channel name" when called.
  void listen(
      const std::string& channel, const std::string& name, int priority, std::function<void()> then = [] {}) {
    bus.subscribe({channel, name, priority, [this, channel, name, then](std::string_view) {
                     calls.push_back(channel + " " + name);
                     then();
                   }});
  }
  void listen_everywhere(const std::string& name, int priority) {
    for (const char* channel : {"start", "stop", "exit"}) listen(channel, name, priority);
  }

  Lines lines;
  Bus bus{lines};
  Names calls;
};

TEST_F(BusTest, StartsByAscendingPriorityAndTiesInOrderOfDeclaration) {
  listen("start", "ready", 100);
  listen("start", "b", 50);
  listen("start", "a", 50);
  listen("start", "bind", -1);
  EXPECT_TRUE(bus.start());
  EXPECT_EQ(calls, (Names{"start bind", "start b", "start a", "start ready"}));
  EXPECT_EQ(bus.state(), State::started);
}

TEST_F(BusTest, ADeclaredListenerHasPriorityFifty) {
  listen("start", "later", 51);
  listen("start", "earlier", 49);
  Listener plain;
  plain.channel = "start";
  plain.name = "plain";
  plain.callback = [this](std::string_view) { calls.push_back("start plain"); };
  bus.subscribe(plain);
  bus.start();
  EXPECT_EQ(calls, (Names{"start earlier", "start plain", "start later"}));
}

TEST_F(BusTest, StopAndExitMirrorTheStart) {
  listen_everywhere("bind", 75);
  listen_everywhere("first", 90);
  listen_everywhere("second", 90);
  bus.start();
  calls.clear();
  EXPECT_EQ(bus.exit(), base::ExitCode::ok);
  EXPECT_EQ(calls, (Names{"stop second", "stop first", "stop bind", "exit second", "exit first", "exit bind"}));
  EXPECT_EQ(bus.state(), State::exiting);
}

TEST_F(BusTest, LogsEachState) {
  bus.start();
  bus.exit();
  EXPECT_EQ(lines.states(), (Names{"bus starting", "bus started", "bus stopping", "bus stopped", "bus exiting"}));
}

TEST_F(BusTest, LogsWhyItStops) {
  bus.start();
  bus.request_exit("kirsch stop");
  bus.wait();
  bus.exit();
  EXPECT_TRUE(lines.holds(base::Level::info, "bus stopping: kirsch stop"));
}

TEST_F(BusTest, AListenerSubscribedDuringAPublishDoesNotRunInIt) {
  listen("start", "first", 10, [this] { listen("start", "late", 20); });
  bus.start();
  EXPECT_EQ(calls, (Names{"start first"}));
  bus.stop();
  EXPECT_TRUE(bus.start());
  EXPECT_EQ(calls, (Names{"start first", "start first", "start late"}));
}

TEST_F(BusTest, AFailedStartStopsOnlyWhatHadStartedInReverseAndExitsAll) {
  listen_everywhere("pidfile", 70);
  listen_everywhere("bind", 75);
  listen("start", "generation", 80, [] { throw port_in_use(); });
  listen("stop", "generation", 80);
  listen("exit", "generation", 80);
  listen_everywhere("loops", 90);
  listen("stop", "without start", 95);
  try {
    bus.start();
    FAIL() << "start did not throw";
  } catch (const base::Refusal& refusal) {
    EXPECT_EQ(refusal.exit_code(), base::ExitCode::bind_or_permission);
    EXPECT_STREQ(refusal.what(), "generation: address in use");
  }
  EXPECT_EQ(calls, (Names{"start pidfile", "start bind", "start generation", "stop bind", "stop pidfile", "exit loops",
                          "exit generation", "exit bind", "exit pidfile"}));
  EXPECT_TRUE(lines.holds(base::Level::error, "bus: the start failed in 'generation'"));
  EXPECT_EQ(lines.states(), (Names{"bus starting", "bus stopping", "bus stopped", "bus exiting"}));
  EXPECT_EQ(bus.state(), State::exiting);
}

TEST_F(BusTest, AStartThatThrowsAnyExceptionIsAnInternalError) {
  listen("start", "plugin", 50, [] { throw std::out_of_range("no such key"); });
  try {
    bus.start();
    FAIL() << "start did not throw";
  } catch (const base::Refusal& refusal) {
    EXPECT_EQ(refusal.exit_code(), base::ExitCode::internal);
    EXPECT_STREQ(refusal.what(), "plugin: no such key");
  }
}

TEST_F(BusTest, AFailedStartIsReportedThoughStoppingFailsToo) {
  listen("start", "first", 10);
  listen("stop", "first", 10, [] { throw std::runtime_error("stop broke"); });
  listen("exit", "first", 10);
  listen("start", "second", 20, [] { throw port_in_use(); });
  EXPECT_THROW(
      {
        try {
          bus.start();
        } catch (const base::Refusal& refusal) {
          EXPECT_EQ(refusal.exit_code(), base::ExitCode::bind_or_permission);
          throw;
        }
      },
      base::Refusal);
  EXPECT_EQ(calls.back(), "exit first");
  EXPECT_EQ(bus.exit(), base::ExitCode::internal);
}

TEST_F(BusTest, AFailingStopListenerKeepsNeitherStopNorExitListenersFromRunning) {
  listen_everywhere("pidfile", 70);
  listen("stop", "loops", 90, [] { throw std::runtime_error("drain broke"); });
  listen("exit", "loops", 90, [] { throw port_in_use(); });
  bus.start();
  calls.clear();
  EXPECT_EQ(bus.exit(), base::ExitCode::internal);
  EXPECT_EQ(calls, (Names{"stop loops", "stop pidfile", "exit loops", "exit pidfile"}));
  EXPECT_TRUE(lines.holds(base::Level::error, "loops failed in stop: drain broke"));
  EXPECT_TRUE(lines.holds(base::Level::error, "loops failed in exit: address in use"));
}

TEST_F(BusTest, StopAndExitRunOnce) {
  listen_everywhere("a", 50);
  bus.start();
  bus.stop();
  bus.exit();
  bus.stop();
  bus.exit();
  EXPECT_EQ(calls, (Names{"start a", "stop a", "exit a"}));
}

TEST_F(BusTest, ExitOfABusThatNeverStartedRunsNoStopListener) {
  listen_everywhere("a", 50);
  EXPECT_EQ(bus.exit(), base::ExitCode::ok);
  EXPECT_EQ(calls, (Names{"exit a"}));
}

TEST_F(BusTest, AStoppedBusStartsAgain) {
  listen_everywhere("a", 50);
  bus.start();
  EXPECT_EQ(bus.stop(), base::ExitCode::ok);
  EXPECT_EQ(bus.state(), State::stopped);
  EXPECT_TRUE(bus.start());
  EXPECT_EQ(calls, (Names{"start a", "stop a", "start a"}));
}

TEST_F(BusTest, GracefulRunsAllAndReportsWhatFailed) {
  listen("graceful", "logs", 20, [] { throw std::runtime_error("disk full"); });
  listen("graceful", "generation", 10, [] { throw port_in_use(); });
  listen("graceful", "rooms", 30);
  bus.start();
  const auto failures = bus.publish("graceful", "test");
  EXPECT_EQ(calls, (Names{"graceful generation", "graceful logs", "graceful rooms"}));
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].listener, "generation");
  EXPECT_EQ(failures[0].diagnostics.front().code, "N001");
  EXPECT_EQ(failures[1].listener, "logs");
  EXPECT_EQ(failures[1].diagnostics.front().message, "disk full");
  EXPECT_EQ(bus.state(), State::started);
}

TEST_F(BusTest, PublishesOnNamedChannelsAndIgnoresUnknownOnes) {
  std::string heard;
  bus.subscribe({"SIGTERM", "plugin", 50, [&](std::string_view message) { heard = message; }});
  EXPECT_TRUE(bus.publish("SIGTERM", "from pid 7").empty());
  EXPECT_EQ(heard, "from pid 7");
  EXPECT_TRUE(bus.publish("SIGUSR1").empty());
}

TEST_F(BusTest, ListenersOfLogHearEachLineAndMayLogOrFailThemselves) {
  Names heard;
  bus.subscribe({"log", "first", 10, [&](std::string_view line) {
                   heard.emplace_back(line);
                   bus.log(base::Level::debug, "from within");
                 }});
  bus.subscribe({"log", "second", 20, [](std::string_view) { throw std::runtime_error("no pipe"); }});
  bus.log(base::Level::info, "one");
  bus.log(base::Level::info, "two");
  EXPECT_EQ(heard, (Names{"one", "two"}));
  EXPECT_TRUE(lines.holds(base::Level::debug, "from within"));
  EXPECT_TRUE(lines.holds(base::Level::error, "second failed in log: no pipe"));
}

TEST_F(BusTest, StopAndExitListenersHearTheReason) {
  Names heard;
  for (const char* channel : {"stop", "exit"})
    bus.subscribe({channel, "a", 50, [&](std::string_view reason) { heard.emplace_back(reason); }});
  bus.start();
  bus.request_exit("SIGTERM");
  bus.request_exit("SIGINT");
  EXPECT_EQ(bus.wait(), "SIGTERM");
  bus.exit();
  EXPECT_EQ(heard, (Names{"SIGTERM", "SIGTERM"}));
}

TEST_F(BusTest, WaitSleepsUntilAnotherThreadAsksForTheEnd) {
  bus.start();
  EXPECT_FALSE(bus.stopping());
  std::thread other([this] { bus.request_exit("other thread"); });
  EXPECT_EQ(bus.wait(), "other thread");
  EXPECT_TRUE(bus.stopping());
  other.join();
}

TEST_F(BusTest, AnEndThatWasAskedForBeforeTheStartStartsNothing) {
  listen_everywhere("a", 50);
  bus.request_exit("too early");
  EXPECT_FALSE(bus.start());
  EXPECT_EQ(calls, (Names{"exit a"}));
  EXPECT_EQ(bus.wait(), "too early");
}

TEST_F(BusTest, AnEndThatIsAskedForBetweenStartListenersUndoesWhatHadStarted) {
  listen_everywhere("pidfile", 70);
  listen("start", "bind", 75, [this] { std::thread([this] { bus.request_exit("SIGTERM"); }).join(); });
  listen("stop", "bind", 75);
  listen_everywhere("loops", 90);
  EXPECT_FALSE(bus.start());
  EXPECT_EQ(calls, (Names{"start pidfile", "start bind", "stop bind", "stop pidfile", "exit loops", "exit pidfile"}));
  EXPECT_EQ(bus.state(), State::exiting);
  EXPECT_EQ(bus.exit(), base::ExitCode::ok);
}

TEST_F(BusTest, AnEndThatIsAskedForByTheLastStartListenerIsSeenByWait) {
  listen("start", "ready", 100, [this] { bus.request_exit("at once"); });
  EXPECT_TRUE(bus.start());
  EXPECT_EQ(bus.wait(), "at once");
}

TEST_F(BusTest, AReloadThatIsAskedForDuringTheStartRunsOnTheWaitingThread) {
  const std::thread::id main = std::this_thread::get_id();
  listen("start", "a", 50, [this] {
    bus.request("graceful", "SIGHUP", [this](const auto& failures) {
      EXPECT_TRUE(failures.empty());
      bus.request_exit("done");
    });
  });
  std::thread::id ran;
  listen("graceful", "generation", 80, [&] { ran = std::this_thread::get_id(); });
  bus.start();
  EXPECT_EQ(bus.wait(), "done");
  EXPECT_EQ(ran, main);
}

TEST_F(BusTest, WorkThatIsPostedRunsOnTheWaitingThreadAfterWhatWasAskedBefore) {
  const std::thread::id main = std::this_thread::get_id();
  std::vector<std::string> order;
  listen("graceful", "generation", 80, [&] { order.emplace_back("reload"); });
  bus.start();
  std::thread([&] {
    bus.request("graceful", "SIGHUP");
    bus.post([&] {
      EXPECT_EQ(std::this_thread::get_id(), main);
      order.emplace_back("work");
      bus.request_exit("done");
    });
  }).join();
  EXPECT_EQ(bus.wait(), "done");
  EXPECT_EQ(order, (std::vector<std::string>{"reload", "work"}));
  bus.post([&] { order.emplace_back("too late"); });
  bus.exit();
  EXPECT_EQ(order.size(), 2U);
}

TEST_F(BusTest, ReloadsThatComeTogetherAreOneAndEachCallerIsTold) {
  listen("graceful", "generation", 80, [] { throw port_in_use(); });
  int told = 0;
  const auto tell = [&](const std::vector<Failure>& failures) {
    EXPECT_EQ(failures.size(), 1U);
    if (++told == 2) bus.request_exit("both told");
  };
  bus.start();
  bus.request("graceful", "first", tell);
  bus.request("graceful", "second", tell);
  bus.wait();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(calls, (Names{"graceful generation"}));
}

TEST_F(BusTest, AReloadThatIsAskedForDuringAReloadRunsAfterIt) {
  int runs = 0;
  listen("graceful", "generation", 80, [&] {
    if (++runs == 1) bus.request("graceful", "again", [this](const auto&) { bus.request_exit("done"); });
  });
  bus.start();
  bus.request("graceful", "once");
  bus.wait();
  EXPECT_EQ(runs, 2);
}

TEST_F(BusTest, RequestsForOtherChannelsRunInTheOrderInWhichTheyWereAsked) {
  listen("reopen_logs", "logs", 50);
  listen("restart", "successor", 50, [this] { bus.request_exit("done"); });
  bus.start();
  bus.request("reopen_logs", "rotated");
  bus.request("restart", "new binary");
  bus.wait();
  EXPECT_EQ(calls, (Names{"reopen_logs logs", "restart successor"}));
}

TEST_F(BusTest, AnEventCarriesItsChannelMessageAndCode) {
  std::string heard;
  bus.subscribe({"failed", "daemonizer", 50, [&](const Event& event) {
                   heard = std::string(event.channel) + ": " + std::string(event.message) + " " +
                           std::to_string(event.code);
                 }});
  bus.publish("failed", "port in use", 5);
  EXPECT_EQ(heard, "failed: port in use 5");
}

TEST_F(BusTest, ThoseWhoAskForAReloadOfAnEndingBusAreToldSo) {
  std::vector<std::string> told;
  const auto tell = [&](const std::vector<Failure>& failures) {
    told.push_back(failures.at(0).diagnostics.at(0).message);
  };
  listen("graceful", "generation", 80);
  bus.start();
  bus.request("graceful", "before the end", tell);
  bus.request_exit("end");
  bus.request("graceful", "after the end", tell);
  bus.wait();
  bus.exit();
  bus.request("graceful", "much later", tell);
  EXPECT_EQ(told, (Names(3, "the server is stopping")));
  EXPECT_TRUE(calls.empty());
}

TEST_F(BusTest, ForceEndsADrainThatIsUnderWayAndIsHeardOnce) {
  std::promise<void> draining;
  int forced = 0;
  listen("stop", "loops", 90, [&] {
    std::promise<void> over;
    bus.set_force_callback([&] {
      ++forced;
      over.set_value();
    });
    draining.set_value();
    over.get_future().wait();
    bus.set_force_callback({});
  });
  bus.start();
  bus.request_exit("SIGTERM");
  std::thread second([&] {
    draining.get_future().wait();
    EXPECT_FALSE(bus.forced());
    bus.force("second SIGTERM");
    bus.force("third SIGTERM");
  });
  EXPECT_EQ(bus.wait(), "SIGTERM");
  EXPECT_EQ(bus.exit(), base::ExitCode::ok);
  second.join();
  EXPECT_EQ(forced, 1);
  EXPECT_TRUE(bus.forced());
}

TEST_F(BusTest, ForceBeforeTheDrainIsNotLostAndAsksForTheEnd) {
  bus.start();
  bus.force("impatient");
  EXPECT_EQ(bus.wait(), "impatient");
  int forced = 0;
  bus.set_force_callback([&] { ++forced; });
  EXPECT_EQ(forced, 1);
}

TEST_F(BusTest, ARemovedForceCallbackIsNotCalled) {
  int forced = 0;
  bus.set_force_callback([&] { ++forced; });
  bus.set_force_callback({});
  bus.force("too late");
  EXPECT_EQ(forced, 0);
}

TEST_F(BusTest, RequestsFromManyThreadsAtOnceAllArrive) {
  std::atomic<int> told = 0;
  bus.start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) bus.request("graceful", "many", [&](const auto&) { told.fetch_add(1); });
      bus.log(base::Level::debug, "asked");
      bus.subscribe({"SIGUSR1", "late", 50, [](std::string_view) {}});
    });
  }
  std::thread ending([&] {
    for (std::thread& thread : threads) thread.join();
    bus.request_exit("all asked");
  });
  bus.wait();
  ending.join();
  EXPECT_EQ(told.load(), 400);
}

TEST(StateTest, HasTheNameOfTheLogLine) {
  EXPECT_EQ(name(State::stopped), "stopped");
  EXPECT_EQ(name(State::exiting), "exiting");
}

}  // namespace
}  // namespace kirsch::engine
