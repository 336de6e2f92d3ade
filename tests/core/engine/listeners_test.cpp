// Snapshots of listeners and what becomes of an exception.
#include "engine/listeners.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace kirsch::engine {
namespace {

std::vector<std::string> names(const Listeners::Snapshot& snapshot) {
  std::vector<std::string> result;
  for (const auto& listener : snapshot) result.push_back(listener->name);
  return result;
}

TEST(ListenersTest, ASnapshotHoldsItsChannelOnlyAndMirroredIsItsReverse) {
  Listeners listeners;
  listeners.add({"start", "b", 50, {}});
  listeners.add({"stop", "other", 50, {}});
  listeners.add({"start", "c", 50, {}});
  listeners.add({"start", "a", 10, {}});
  const auto ascending = listeners.snapshot("start", Order::ascending);
  listeners.add({"start", "late", 0, {}});
  EXPECT_EQ(names(ascending), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(names(listeners.snapshot("start", Order::mirrored)), (std::vector<std::string>{"c", "b", "a", "late"}));
  EXPECT_TRUE(listeners.snapshot("nothing", Order::ascending).empty());
}

TEST(ListenersTest, WhatWasRemovedIsNotInLaterSnapshots) {
  Listeners listeners;
  const auto first = listeners.add({"start", "a", 50, {}});
  listeners.add({"start", "b", 50, {}});
  const auto before = listeners.snapshot("start", Order::ascending);
  listeners.remove(first);
  listeners.remove(first);
  EXPECT_EQ(names(before), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names(listeners.snapshot("start", Order::ascending)), (std::vector<std::string>{"b"}));
}

TEST(ListenersTest, ACallReturnsNothingOrTheFailure) {
  EXPECT_FALSE(call({"x", "fine", 50, [](std::string_view) {}}, {"x", ""}));
  const auto failure = call({"x", "broken", 50, [](std::string_view) { throw std::runtime_error("why"); }}, {"x", ""});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->listener, "broken");
  EXPECT_EQ(failure->diagnostics.at(0).message, "why");
  EXPECT_EQ(failure->diagnostics.at(0).exit_code, base::ExitCode::internal);
}

TEST(ListenersTest, ARefusalKeepsAllItsDiagnostics) {
  base::Diagnostic one;
  one.code = "C001";
  base::Diagnostic two;
  two.code = "C002";
  const auto failure = call({"x", "broken", 50, [&](std::string_view) { throw base::Refusal({one, two}); }}, {"x", ""});
  ASSERT_TRUE(failure);
  ASSERT_EQ(failure->diagnostics.size(), 2U);
  EXPECT_EQ(failure->diagnostics[1].code, "C002");
}

}  // namespace
}  // namespace kirsch::engine
