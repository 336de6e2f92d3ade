// Where requests went, by host and path: most ask for what others on this loop have asked for lately.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/condition.h"
#include "pipeline/plan.h"

namespace kirsch::pipeline {

// Where a request goes, decided before its first hook.
struct Route {
  const Plan* plan = nullptr;
  const std::string* listener = nullptr;
  const std::string* path = nullptr;  // null: the request is of no path, `plan` answers all the same
  // Of running the handler, answer with this status: 204 (OPTIONS *), 308 (to the path with a slash), 404, 405, 421.
  std::uint16_t instead = 0;
  Methods allowed = 0;  // with 204 and 405
};

// One loop's. Forgets what collides; generations are told apart by their numbers, so none has to be forgotten.
class RouteMemory {
 public:
  struct Question {
    std::uint64_t generation;
    std::uint32_t listener;
    std::string_view host;
    std::string_view path;  // not empty
  };

  // The answer to the last question that found one, if that was of the same head (by its KeptHead::number).
  const Route* again(std::uint64_t generation, std::uint32_t listener, std::uint64_t head) const noexcept {
    const bool same = last_.head == head && last_.generation == generation && last_.listener == listener;
    return same ? &last_.route : nullptr;
  }
  // Null: it is not known. Valid until the next call. `head` is the number of the request's.
  const Route* find(const Question& question, std::uint64_t head) noexcept {
    const Entry& entry = entries_[place(question)];
    if (entry.generation != question.generation || entry.listener != question.listener) return nullptr;
    const bool same = std::string_view(entry.text.data(), entry.path_size) == question.path &&
                      std::string_view(entry.text.data() + entry.path_size, entry.host_size) == question.host;
    if (!same) return nullptr;
    last_ = {question.generation, question.listener, head, entry.route};
    return &last_.route;
  }

  void remember(const Question& question, const Route& route) noexcept {
    Entry& entry = entries_[place(question)];
    if (question.path.size() + question.host.size() > entry.text.size()) return;
    entry.generation = question.generation;
    entry.listener = question.listener;
    entry.path_size = static_cast<std::uint16_t>(question.path.size());
    entry.host_size = static_cast<std::uint16_t>(question.host.size());
    question.path.copy(entry.text.data(), question.path.size());
    question.host.copy(entry.text.data() + question.path.size(), question.host.size());
    entry.route = route;
  }

 private:
  static constexpr std::size_t places = 64;
  static constexpr std::uint64_t none = UINT64_MAX;

  struct Entry {
    std::uint64_t generation = none;
    std::uint32_t listener = 0;
    std::uint16_t path_size = 0;
    std::uint16_t host_size = 0;
    Route route;
    std::array<char, 72> text;  // path, host
  };

  struct Last {
    std::uint64_t generation = none;
    std::uint32_t listener = 0;
    std::uint64_t head = 0;
    Route route;
  };

  static std::size_t place(const Question& question) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(question.path[at]); };
    const std::size_t size = question.path.size();
    return (byte(size - 1) * 5U + byte(size / 2) * 3U + byte(size * 3 / 4) + size + question.host.size()) % places;
  }

  std::array<Entry, places> entries_;
  Last last_;
};

}  // namespace kirsch::pipeline
