// Numbers for operators: `kirsch status --json` and the handler `metrics` show them.
//
//   kirsch::Counter answers{"kirsch_board_answers_total", "Answers given."};   // a member of a tool, handler or plugin
//   answers.add(exchange.lane());
//
// They are there as long as the object is, so where an instance carries over a reload its numbers go on. Make them at
// load; all may be read on any thread at any time.
#pragma once

#include <kirsch/host.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace kirsch {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Written by one lane alone, read by any.
class Count {
 public:
  void add(std::uint64_t more = 1) { number_.store(get() + more, std::memory_order_relaxed); }
  std::uint64_t get() const { return number_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> number_ = 0;
};

// A number that the module has anyway. The contract of name, source and `read` stands at kirsch_metric; a `read` that
// throws does not know it now.
class Metric {
 public:
  using Read = std::function<void(double* values)>;
  struct About {
    kirsch_metric_kind kind = KIRSCH_METRIC_GAUGE;
    std::string_view name;
    std::string_view help;
    Labels labels = {};
    std::uint64_t source = 0;
    std::vector<double> bounds = {};
  };

  // Throws std::invalid_argument where the server does not take it.
  Metric(const About& about, Read read) : read_(std::make_unique<Read>(std::move(read))) {
    std::vector<kirsch_pair> labels;
    for (const auto& [name, value] : about.labels)
      labels.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    const kirsch_metric raw{.size = sizeof raw,
                            .kind = static_cast<std::uint32_t>(about.kind),
                            .name = {about.name.data(), about.name.size()},
                            .help = {about.help.data(), about.help.size()},
                            .labels = labels.data(),
                            .bounds = about.bounds.data(),
                            .label_count = static_cast<std::uint32_t>(labels.size()),
                            .bound_count = static_cast<std::uint32_t>(about.bounds.size()),
                            .source = about.source,
                            .read = &Metric::read,
                            .self = read_.get()};
    number_ = functions().declare(detail::host, &raw);
    if (number_ == 0) throw std::invalid_argument("this is no metric: " + std::string(about.name));
  }
  Metric(Metric&& other) noexcept : read_(std::move(other.read_)), number_(std::exchange(other.number_, 0)) {}
  Metric& operator=(Metric&&) = delete;
  ~Metric() {
    if (number_ != 0) functions().withdraw(detail::host, number_);
  }

  static const kirsch_counter& functions() { return detail::cached_feature<kirsch_counter>(KIRSCH_FEATURE_COUNTER); }

 private:
  static void read(void* self, double* values) noexcept {
    try {
      (*static_cast<Read*>(self))(values);
    } catch (...) {  // so nobody knows it now
      *values = std::numeric_limits<double>::quiet_NaN();
    }
  }

  std::unique_ptr<Read> read_;  // stays where it is
  std::uint64_t number_ = 0;
};

// Those of all modules of this process, in the text format of Prometheus, version 0.0.4. Any thread.
inline std::string metrics_text() {
  std::optional<std::string> all;
  const auto take = [](void* context, kirsch_text made) noexcept {
    static_cast<std::optional<std::string>*>(context)->emplace(made.data, made.size);
  };
  Metric::functions().text(detail::host, take, &all);
  if (!all) throw std::bad_alloc();
  return *std::move(all);
}

// Counts what happens.
class Counter {
 public:
  Counter(std::string_view name, std::string_view help, Labels labels = {})
      : metric_({KIRSCH_METRIC_COUNTER, name, help, std::move(labels)},
                [this](double* value) { *value = static_cast<double>(sum()); }) {}
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void add(std::uint32_t lane, std::uint64_t more = 1) const { counts_[lane].add(more); }  // on a thread of that lane
  std::uint64_t sum() const {
    std::uint64_t all = 0;
    for (std::uint32_t lane = 0; lane < lanes(); ++lane) all += counts_[lane].get();
    return all;
  }

 private:
  PerLane<Count> counts_;
  Metric metric_;  // goes first
};

// Counts how large what happens is: times in seconds, sizes in bytes.
class Histogram {
 public:
  Histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds, Labels labels = {})
      : bounds_(bounds),
        cells_(cells_for(bounds.size() + 1)),
        metric_({KIRSCH_METRIC_HISTOGRAM, name, help, std::move(labels), 0, bounds},
                [this](double* values) { read(values); }) {}
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void observe(std::uint32_t lane, double value) const {  // on a thread of that lane
    auto& [counts, sum] = cells_[lane];
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts[static_cast<std::size_t>(bucket)].add();
    sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

 private:
  struct Cells {
    std::vector<Count> counts;
    std::atomic<double> sum = 0;
  };
  static PerLane<Cells> cells_for(std::size_t buckets) {
    PerLane<Cells> cells;
    for (std::uint32_t lane = 0; lane < lanes(); ++lane) cells[lane].counts = std::vector<Count>(buckets);
    return cells;
  }
  void read(double* values) const {
    std::fill_n(values, bounds_.size() + 2, 0.0);
    for (std::uint32_t lane = 0; lane < lanes(); ++lane) {
      const auto& [counts, sum] = cells_[lane];
      for (std::size_t bucket = 0; bucket < counts.size(); ++bucket)
        values[bucket] += static_cast<double>(counts[bucket].get());
      values[bounds_.size() + 1] += sum.load(std::memory_order_relaxed);
    }
  }

  std::vector<double> bounds_;
  PerLane<Cells> cells_;
  Metric metric_;  // goes first
};

}  // namespace kirsch
