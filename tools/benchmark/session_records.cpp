// What a million sessions in memory cost: bytes of each besides its data, a lookup, and their end. Prints JSON.
// Usage: bench_session_records [COUNT]
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "session_memory/record_store.h"

namespace {

using Clock = std::chrono::steady_clock;
using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionResult;

constexpr std::size_t data_size = 100;
constexpr std::uint64_t long_life = 3'600'000, short_life = 1;

// What the last call was answered.
struct Answer {
  std::uint32_t status = 99;
  std::size_t size = 0;
  static void take(void* context, const SessionResult* result) {
    *static_cast<Answer*>(context) = {result->status, result->data.size};
  }
};

[[noreturn]] void fail(const char* sentence) {
  std::fprintf(stderr, "%s\n", sentence);
  std::exit(1);
}

std::size_t allocated() {
  const auto now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
}

double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

double percentile(std::vector<double>& values, double share) {
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

class Records {
 public:
  explicit Records(std::size_t count)
      : table_(static_cast<session_memory::Table*>(std::calloc(1, sizeof(session_memory::Table)))), keys_(count) {
    store_ = session_memory::RecordStore(*table_, {2 * count, std::uint64_t{4} << 30});
    std::mt19937_64 random(1);
    for (auto& key : keys_) {
      for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random());
    }
  }

  // Every other one for a moment only.
  void fill() {
    const std::string data(data_size, 'x');
    for (std::size_t index = 0; index < keys_.size(); ++index) {
      Answer answer;
      const kirsch::SessionWrite write{
          sizeof write, 0, {data.data(), data.size()}, 0, 0, 0, index % 2 == 0 ? long_life : short_life};
      store_.store(keys_[index], write, SessionAnswer({Answer::take, &answer}));
      if (answer.status != 0) fail("a record was not stored");
    }
  }

  // Of those that live on, in random order: one after the other, less what reading the clock takes.
  std::vector<double> lookups(std::size_t count) {
    std::mt19937_64 random(2);
    std::vector<double> times;
    times.reserve(count);
    const auto clock = cost_of_clock();
    for (std::size_t number = 0; number < count; ++number) {
      const SessionKey key = keys_[random() % (keys_.size() / 2) * 2];  // which the request has just made
      Answer answer;
      const auto begun = Clock::now();
      store_.load(key, SessionAnswer({Answer::take, &answer}));
      times.push_back(std::max(nanoseconds(Clock::now() - begun) - clock, 0.0));
      if (answer.size != data_size) fail("a record was not found");
    }
    return times;
  }

  // The longest piece, and all of them.
  std::pair<double, double> sweep() {
    double longest = 0, whole = 0;
    for (bool more = true; more;) {
      const auto begun = Clock::now();
      more = store_.sweep();
      const auto time = nanoseconds(Clock::now() - begun);
      longest = std::max(longest, time);
      whole += time;
    }
    return {longest, whole};
  }
  kirsch::SessionCounters counters() const { return store_.counters(); }

 private:
  static double cost_of_clock() {
    std::vector<double> times;
    for (int time = 0; time < 10'000; ++time) {
      const auto begun = Clock::now();
      times.push_back(nanoseconds(Clock::now() - begun));
    }
    return percentile(times, 0.5);
  }

  session_memory::Table* table_;  // as the server's: until the end
  session_memory::RecordStore store_;
  std::vector<SessionKey> keys_;
};

}  // namespace

int main(int count, char** words) {
  const std::size_t sessions = count > 1 ? std::strtoull(words[1], nullptr, 10) : 1'000'000;
  Records records(sessions);
  const auto before = allocated();
  const auto begun = Clock::now();
  records.fill();
  const auto filled = nanoseconds(Clock::now() - begun);
  const auto each = static_cast<double>(allocated() - before) / static_cast<double>(sessions) - double{data_size};
  const auto said = static_cast<double>(records.counters().bytes) / static_cast<double>(sessions) - double{data_size};
  auto times = records.lookups(std::min<std::size_t>(sessions, 1'000'000));
  const auto [longest, whole] = records.sweep();
  const auto expired = records.counters().expired;
  if (expired == 0) fail("nothing has expired");
  std::printf(
      "{\"sessions\": %zu, \"bytes_each\": %.1f, \"bytes_counted\": %.1f, \"store\": %.1f, \"p50\": %.1f, \"p99\": "
      "%.1f, "
      "\"expired\": %llu, \"expiry\": %.1f, \"longest_sweep\": %.0f}\n",
      sessions, each, said, filled / static_cast<double>(sessions), percentile(times, 0.5), percentile(times, 0.99),
      static_cast<unsigned long long>(expired), whole / static_cast<double>(expired), longest);
}
