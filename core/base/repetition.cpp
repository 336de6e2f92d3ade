// A small table searched in turn: the error log is no hot path, and its memory is bounded.
#include "base/repetition.h"

#include <algorithm>

namespace kirsch::base {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_of_word(char byte) {
  const char lower = static_cast<char>(byte | 0x20);
  return is_digit(byte) || byte == '-' || (lower >= 'a' && lower <= 'z');
}

// FNV-1a of the level and the line, words with a digit blanked.
std::uint64_t key_of(Level level, std::string_view line) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&hash](char byte) { hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U; };
  add(static_cast<char>(level));
  while (!line.empty()) {
    const auto size = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_of_word) - line.begin());
    const auto word = line.substr(0, std::max<std::size_t>(size, 1));
    if (std::any_of(word.begin(), word.end(), is_digit)) {
      add('#');
    } else {
      std::for_each(word.begin(), word.end(), add);
    }
    line.remove_prefix(word.size());
  }
  return hash;
}

}  // namespace

void Repetition::write(Level level, std::string_view line, SteadyTime now) {
  if (level == Level::debug) return sink_(level, line);
  expire(now);
  Message& message = place_for(key_of(level, line), now);
  if (++message.count <= most) return sink_(level, line);
  message.level = level;
  if (message.sample.empty()) message.sample = line.substr(0, sample_size);
}

void Repetition::expire(SteadyTime now) {
  for (auto& message : messages_) {
    if (message.count != 0 && now - message.begin >= period) end(message);
  }
}

std::optional<SteadyTime> Repetition::due() const {
  std::optional<SteadyTime> first;
  for (const auto& message : messages_) {
    if (message.count >= most && (!first || message.begin + period < *first)) first = message.begin + period;
  }
  return first;
}

void Repetition::end(Message& message) {
  if (message.count > most) {
    const unsigned more = message.count - most;
    sink_(message.level, "log: repeated " + std::to_string(more) + (more == 1 ? " more time" : " more times") +
                             " within " + std::to_string(period.count()) + " s: " + message.sample);
  }
  message = Message();
}

Repetition::Message& Repetition::place_for(std::uint64_t key, SteadyTime now) {
  const auto known = std::find_if(messages_.begin(), messages_.end(),
                                  [key](const Message& one) { return one.count != 0 && one.key == key; });
  if (known != messages_.end()) return *known;
  // An unused one begins before all others.
  auto& place = *std::min_element(messages_.begin(), messages_.end(),
                                  [](const Message& left, const Message& right) { return left.begin < right.begin; });
  end(place);
  place.key = key;
  place.begin = now;
  return place;
}

}  // namespace kirsch::base
