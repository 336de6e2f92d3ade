// Metrics of one name and equal labels are added up while they are gathered.
#include "pipeline/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>

#include "base/text.h"
#include "pipeline/contract_text.h"

namespace kirsch::pipeline {
namespace {

using Values = std::vector<double>;

bool is_metric_name(std::string_view text) {
  const auto fits = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::all_of(text.begin(), text.end(), fits);
}

std::string in_exposition(std::string_view text, bool quotes) {
  std::string out;
  for (const char byte : text) {
    if (byte == '\n') {
      out += "\\n";
      continue;
    }
    if (byte == '\\' || (quotes && byte == '"')) out += '\\';
    out += byte;
  }
  return out;
}

std::string exposition_number(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const auto size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);  // 0.0001, not 1e-04
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, value,
                                plain ? std::chars_format::fixed : std::chars_format::scientific)
                      .ptr};
}

void sample(std::string& text, const std::string& name, const std::string& labels, double value) {
  text.append(name);
  if (!labels.empty()) text.append("{").append(labels).append("}");
  text.append(" ").append(exposition_number(value)).append("\n");
}

// As the text shows them, by name. None: one has no name that it may have, is there twice or has a value that no
// reader would take.
std::optional<std::string> shown_labels(std::span<const kirsch_pair> labels) {
  std::map<std::string_view, std::string_view> by_name;
  for (const auto& [name, value] : labels) {
    if (!is_metric_name(view(name)) || view(name) == "le" || base::utf8_fault(view(value))) return std::nullopt;
    if (!by_name.emplace(view(name), view(value)).second) return std::nullopt;
  }
  std::string shown;
  for (const auto& [name, value] : by_name) {
    shown.append(shown.empty() ? "" : ",").append(name).append("=\"");
    shown.append(in_exposition(value, true)).append("\"");
  }
  return shown;
}

bool ascend(const std::vector<double>& bounds) {
  const auto finite = [](double bound) { return std::isfinite(bound); };
  return std::ranges::all_of(bounds, finite) &&
         std::ranges::adjacent_find(bounds, std::greater_equal()) == bounds.end();
}

constexpr std::string_view samples_of_histograms[] = {"_bucket", "_sum", "_count"};

}  // namespace

// What one text shows of one name.
struct Metrics::Family {
  std::uint32_t kind = 0;
  std::string help;
  std::vector<double> bounds;
  std::map<std::string, Values> values;  // by labels
};

std::uint64_t Metrics::declare(const kirsch_host* owner, const kirsch_metric& metric) {
  const auto name = view(metric.name);
  if (!is_metric_name(name) || metric.kind > KIRSCH_METRIC_HISTOGRAM) return 0;
  auto labels = shown_labels({metric.labels, metric.label_count});
  const bool has_bounds = metric.kind == KIRSCH_METRIC_HISTOGRAM;
  std::vector<double> bounds(metric.bounds, metric.bounds + (has_bounds ? metric.bound_count : 0));
  if (!labels || base::utf8_fault(view(metric.help)) || !ascend(bounds)) return 0;
  const std::lock_guard lock(mutex_);
  if (collides(name, metric.kind)) return 0;
  metrics_.emplace(++last_, Metric{owner, metric, std::string(name), in_exposition(view(metric.help), false),
                                   *std::move(labels), std::move(bounds)});
  return last_;
}

// One is a histogram whose samples have the name of the other.
bool Metrics::collides(std::string_view name, std::uint32_t kind) const {
  const auto is_sample_of = [](std::string_view sample, std::string_view histogram) {
    return sample.starts_with(histogram) &&
           std::ranges::find(samples_of_histograms, sample.substr(histogram.size())) != std::end(samples_of_histograms);
  };
  return std::ranges::any_of(metrics_, [&](const auto& entry) {
    const auto& other = entry.second;
    return (other.raw.kind == KIRSCH_METRIC_HISTOGRAM && is_sample_of(name, other.name)) ||
           (kind == KIRSCH_METRIC_HISTOGRAM && is_sample_of(other.name, name));
  });
}

void Metrics::withdraw(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  metrics_.erase(number);
}

void Metrics::withdraw_all_of(const kirsch_host* owner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(metrics_, [&](const auto& entry) { return entry.second.owner == owner; });
}

std::string Metrics::text() const {
  std::map<std::string, Family> families;
  {
    std::set<std::tuple<std::string, std::string, std::uint64_t>> seen;
    const std::lock_guard lock(mutex_);
    for (const auto& [number, metric] : metrics_) {
      const auto source = metric.raw.source;
      if (source != 0 && !seen.emplace(metric.name, metric.labels, source).second) continue;
      auto& family =
          families.try_emplace(metric.name, Family{metric.raw.kind, metric.help, metric.bounds, {}}).first->second;
      if (family.kind != metric.raw.kind || family.bounds != metric.bounds) continue;
      Values values(metric.raw.kind == KIRSCH_METRIC_HISTOGRAM ? metric.bounds.size() + 2 : 1);
      metric.raw.read(metric.raw.self, values.data());
      if (std::isnan(values.front())) continue;
      auto& sum = family.values[metric.labels];
      sum.resize(values.size());
      std::transform(sum.begin(), sum.end(), values.begin(), sum.begin(), std::plus());
    }
  }
  std::string text;
  for (const auto& [name, family] : families) {
    if (!family.values.empty()) show(text, name, family);
  }
  return text;
}

void Metrics::show(std::string& text, const std::string& name, const Family& family) {
  constexpr const char* kinds[] = {"counter", "gauge", "histogram"};
  text.append("# HELP ").append(name).append(" ").append(family.help).append("\n");
  text.append("# TYPE ").append(name).append(" ").append(kinds[family.kind]).append("\n");
  for (const auto& [labels, values] : family.values) {
    if (family.kind != KIRSCH_METRIC_HISTOGRAM) {
      sample(text, name, labels, values.front());
      continue;
    }
    double count = 0;
    for (std::size_t bucket = 0; bucket <= family.bounds.size(); ++bucket) {
      count += values[bucket];
      const auto bound = bucket < family.bounds.size() ? exposition_number(family.bounds[bucket]) : "+Inf";
      sample(text, name + "_bucket", labels + (labels.empty() ? "" : ",") + "le=\"" + bound + "\"", count);
    }
    sample(text, name + "_sum", labels, values.back());
    sample(text, name + "_count", labels, count);
  }
}

}  // namespace kirsch::pipeline
