// What modules count (kirsch/metrics.h), as one text for Prometheus.
#include "pipeline/metrics.h"

#include <gtest/gtest.h>
#include <kirsch/metrics.h>

#include <cmath>
#include <limits>
#include <thread>

namespace kirsch::pipeline {
namespace {

// A module of a server with two lanes and this feature alone.
class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() {
    metrics_ = std::make_unique<Metrics>();
    host_.size = sizeof host_;
    host_.lanes = 2;
    host_.loops = 1;
    host_.feature = [](const kirsch_host*, kirsch_text) -> const void* { return &table; };
    detail::host = &host_;
  }
  ~MetricsTest() override { detail::host = nullptr; }

  static Metric gauge(std::string_view name, double value, Labels labels = {}, std::uint64_t source = 0) {
    return {{.kind = KIRSCH_METRIC_GAUGE, .name = name, .help = "Help.", .labels = std::move(labels), .source = source},
            [value](double* values) { *values = value; }};
  }

  static inline std::unique_ptr<Metrics> metrics_;
  static inline const kirsch_counter table{
      sizeof(kirsch_counter),
      [](const kirsch_host* host, const kirsch_metric* metric) { return metrics_->declare(host, *metric); },
      [](const kirsch_host*, std::uint64_t metric) { metrics_->withdraw(metric); },
      [](const kirsch_host*, void (*take)(void*, kirsch_text), void* context) {
        const auto text = metrics_->text();
        take(context, {text.data(), text.size()});
      }};
  kirsch_host host_{};
};

TEST_F(MetricsTest, count_on_every_lane) {
  const Counter answers("answers_total", "Answers given.");
  answers.add(0);
  answers.add(1, 41);
  EXPECT_EQ(metrics_text(), "# HELP answers_total Answers given.\n# TYPE answers_total counter\nanswers_total 42\n");
}

TEST_F(MetricsTest, tell_how_large_what_happens_is) {
  const Histogram times("time_seconds", "Time.", {0.1, 1}, {{"for", "lock"}});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) times.observe(value < 1 ? 0 : 1, value);
  EXPECT_EQ(metrics_text(),
            "# HELP time_seconds Time.\n# TYPE time_seconds histogram\n"
            "time_seconds_bucket{for=\"lock\",le=\"0.1\"} 2\n"
            "time_seconds_bucket{for=\"lock\",le=\"1\"} 3\n"
            "time_seconds_bucket{for=\"lock\",le=\"+Inf\"} 4\n"
            "time_seconds_sum{for=\"lock\"} 7.65\n"
            "time_seconds_count{for=\"lock\"} 4\n");
}

TEST_F(MetricsTest, of_one_name_and_equal_labels_are_added_up) {
  const auto one = gauge("things", 1, {{"of", "a"}}), two = gauge("things", 2, {{"of", "a"}}),
             other = gauge("things", 5, {{"of", "b"}});
  EXPECT_EQ(metrics_text(), "# HELP things Help.\n# TYPE things gauge\nthings{of=\"a\"} 3\nthings{of=\"b\"} 5\n");
}

TEST_F(MetricsTest, of_one_source_are_taken_once) {
  const auto one = gauge("things", 7, {}, 1), same = gauge("things", 7, {}, 1), other = gauge("things", 7, {}, 2);
  EXPECT_EQ(metrics_text(), "# HELP things Help.\n# TYPE things gauge\nthings 14\n");
}

TEST_F(MetricsTest, are_written_as_people_write_numbers) {
  const auto small = gauge("a", 0.0001), large = gauge("b", 123456789012), tiny = gauge("c", 2.5e-9),
             none = gauge("d", 0);
  std::string text = metrics_text();
  for (const auto* line : {"\na 0.0001\n", "\nb 123456789012\n", "\nc 2.5e-09\n", "\nd 0\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST_F(MetricsTest, that_nobody_knows_now_are_left_out) {
  const auto unknown = gauge("unknown", std::nan("")), known = gauge("known", std::numeric_limits<double>::infinity());
  EXPECT_EQ(metrics_text(), "# HELP known Help.\n# TYPE known gauge\nknown +Inf\n");
}

TEST_F(MetricsTest, of_another_kind_than_the_first_of_the_name_are_not_shown) {
  const auto first = gauge("things", 1);
  const Counter second("things", "Other.");
  EXPECT_EQ(metrics_text(), "# HELP things Help.\n# TYPE things gauge\nthings 1\n");
}

TEST_F(MetricsTest, take_any_text_as_a_value_and_none_as_a_name) {
  const auto odd = gauge("things", 1, {{"of", "a\"b\\c\nd"}});
  EXPECT_EQ(metrics_text(), "# HELP things Help.\n# TYPE things gauge\nthings{of=\"a\\\"b\\\\c\\nd\"} 1\n");
  for (const auto* name : {"", "a-b", "a b", "9a", "A", "a\nb"})
    EXPECT_THROW(gauge(name, 1), std::invalid_argument) << name;
  EXPECT_THROW(gauge("things", 1, {{"a b", "c"}}), std::invalid_argument);
  EXPECT_THROW(gauge("things", 1, {{"le", "c"}}), std::invalid_argument);
}

TEST_F(MetricsTest, whose_reading_throws_are_left_out) {
  const Metric failing({.name = "failing", .help = "Help."}, [](double*) { throw std::runtime_error("gone"); });
  const auto known = gauge("known", 1);
  EXPECT_EQ(metrics_text(), "# HELP known Help.\n# TYPE known gauge\nknown 1\n");
}

TEST_F(MetricsTest, have_labels_without_an_order) {
  const auto one = gauge("things", 1, {{"a", "x"}, {"b", "y"}}), two = gauge("things", 2, {{"b", "y"}, {"a", "x"}});
  EXPECT_EQ(metrics_text(), "# HELP things Help.\n# TYPE things gauge\nthings{a=\"x\",b=\"y\"} 3\n");
}

TEST_F(MetricsTest, are_refused_where_no_reader_would_take_them) {
  EXPECT_THROW(gauge("things", 1, {{"a", "x"}, {"a", "y"}}), std::invalid_argument);
  EXPECT_THROW(gauge("things", 1, {{"a", "\xFF"}}), std::invalid_argument);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& bounds : {std::vector{1.0, 1.0}, {2, 1}, {1, infinite}, {std::nan("")}})
    EXPECT_THROW(Histogram("sizes", "Sizes.", bounds), std::invalid_argument) << ::testing::PrintToString(bounds);
}

TEST_F(MetricsTest, do_not_take_the_names_that_a_histogram_shows) {
  {
    const Histogram times("time_seconds", "Time.", {1});
    for (const auto* name : {"time_seconds_bucket", "time_seconds_sum", "time_seconds_count"})
      EXPECT_THROW(gauge(name, 1), std::invalid_argument) << name;
    EXPECT_NO_THROW(gauge("time_seconds_total", 1));
  }
  const auto sum = gauge("time_seconds_sum", 1);
  EXPECT_THROW(Histogram("time_seconds", "Time.", {1}), std::invalid_argument);
}

TEST_F(MetricsTest, go_with_their_object_or_with_their_module) {
  { const auto gone = gauge("things", 1); }
  EXPECT_EQ(metrics_text(), "");
  const auto left = gauge("things", 1);
  metrics_->withdraw_all_of(&host_);
  EXPECT_EQ(metrics_text(), "");
}

TEST_F(MetricsTest, are_not_read_any_more_once_they_are_gone) {
  std::atomic<bool> ended = false;
  std::thread reader([&] {
    while (!ended) metrics_text();
  });
  for (int time = 0; time < 1000; ++time) {
    auto alive = std::make_unique<std::atomic<int>>(1);
    const Metric metric({.name = "alive", .help = "Help."}, [&](double* value) { *value = alive->load(); });
  }
  ended = true;
  reader.join();
}

}  // namespace
}  // namespace kirsch::pipeline
