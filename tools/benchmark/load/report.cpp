// Texts in it are sentences of this program and of the C library: nothing a server has sent, so little to escape.
#include "load/report.h"

#include <sys/resource.h>

#include <numeric>

namespace kirsch::load {
namespace {

double processor_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') quoted += '\\';
    quoted += byte >= 0 && byte < ' ' ? '?' : byte;
  }
  return quoted + '"';
}

}  // namespace

void print(const Result& result, std::ostream& out) {
  const Histogram& latency = result.latency;
  out << "{\"answers\": " << result.answers << ", \"bytes\": " << result.bytes
      << ", \"body_bytes\": " << result.body_bytes << ", \"seconds\": " << result.seconds
      << ", \"reconnects\": " << result.reconnects << ", \"client_cpu\": " << processor_time()
      << ", \"p50\": " << latency.percentile(0.5) << ", \"p99\": " << latency.percentile(0.99)
      << ", \"p999\": " << latency.percentile(0.999) << ", \"most\": " << latency.most()
      << ", \"heard\": " << result.heard.count() << ", \"first_heard\": " << result.heard.percentile(1e-9)
      << ", \"half_heard\": " << result.heard.percentile(0.5) << ", \"last_heard\": " << result.heard.most()
      << ", \"errors\": {";
  const char* separator = "";
  for (const auto& [what, times] : result.errors) {
    out << separator << quoted(what) << ": " << times;
    separator = ", ";
  }
  out << "}, \"latency\": [";
  separator = "";
  for (const auto& [end, times] : latency.buckets()) {
    out << separator << "[" << end << ", " << times << "]";
    separator = ", ";
  }
  out << "]}" << std::endl;
}

}  // namespace kirsch::load
