// The stages of a request, and which one follows which.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

// In the order of a request; those of an error come last. Hook stages and `handler` consist of steps; the others are
// milestones that the exchange carries out.
enum class Stage : std::uint8_t {
  on_start_resource,
  before_request_body,
  body,  // milestone: read it
  before_handler,
  handler,
  before_finalize,
  head,  // milestone: commit and send it
  on_end_resource,
  leave,  // milestone: send the body
  on_end_request,
  done,  // milestone
  before_error_response,
  error_page,  // milestone: make it
  after_error_response,
};

// For the log.
std::string_view word(Stage stage);

namespace stages {

inline constexpr std::size_t count = static_cast<std::size_t>(Stage::after_error_response) + 1;
inline constexpr std::uint8_t no_hook = KIRSCH_HOOKS;

inline constexpr std::size_t number(Stage stage) { return static_cast<std::size_t>(stage); }

// By stage.
inline constexpr auto hooks = [] {
  std::array<std::uint8_t, count> table{};
  table.fill(no_hook);
  table[number(Stage::on_start_resource)] = KIRSCH_HOOK_ON_START_RESOURCE;
  table[number(Stage::before_request_body)] = KIRSCH_HOOK_BEFORE_REQUEST_BODY;
  table[number(Stage::before_handler)] = KIRSCH_HOOK_BEFORE_HANDLER;
  table[number(Stage::before_finalize)] = KIRSCH_HOOK_BEFORE_FINALIZE;
  table[number(Stage::on_end_resource)] = KIRSCH_HOOK_ON_END_RESOURCE;
  table[number(Stage::on_end_request)] = KIRSCH_HOOK_ON_END_REQUEST;
  table[number(Stage::before_error_response)] = KIRSCH_HOOK_BEFORE_ERROR_RESPONSE;
  table[number(Stage::after_error_response)] = KIRSCH_HOOK_AFTER_ERROR_RESPONSE;
  return table;
}();

inline constexpr Stage follower(Stage stage) {
  if (stage == Stage::after_error_response) return Stage::before_finalize;
  return stage == Stage::done ? Stage::done : static_cast<Stage>(number(stage) + 1);
}

}  // namespace stages

}  // namespace kirsch::pipeline
