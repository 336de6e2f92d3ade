// The numbers that modules show to operators (feature kirsch/counter/1): who has declared them, and all as one text.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

// Any thread. Modules are asked under the lock, so who withdraws a metric knows that it is not being read.
class Metrics {
 public:
  // As the contract says; `owner` is the module's.
  std::uint64_t declare(const kirsch_host* owner, const kirsch_metric& metric);
  void withdraw(std::uint64_t number);
  void withdraw_all_of(const kirsch_host* owner);

  // The text format of Prometheus, version 0.0.4: families and labels in alphabetical order.
  std::string text() const;

 private:
  struct Metric {
    const kirsch_host* owner;
    kirsch_metric raw;  // its texts, labels and bounds are those below
    std::string name;
    std::string help;
    std::string labels;  // as the text shows them, without braces
    std::vector<double> bounds;
  };
  struct Family;
  bool collides(std::string_view name, std::uint32_t kind) const;
  static void show(std::string& text, const std::string& name, const Family& family);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Metric> metrics_;
  std::uint64_t last_ = 0;
};

}  // namespace kirsch::pipeline
