// What one check of a module came to.
#pragma once

#include <cstdint>
#include <string>

namespace kirsch::trial {

enum class Verdict : std::uint8_t { ok, failed, skipped };

struct Outcome {
  Verdict verdict = Verdict::ok;
  // failed: what is wrong and what to do. skipped: why. ok: what was seen.
  std::string reason = {};
};
inline Outcome ok(std::string seen = {}) { return {Verdict::ok, std::move(seen)}; }
inline Outcome failed(std::string reason) { return {Verdict::failed, std::move(reason)}; }
inline Outcome skipped(std::string reason) { return {Verdict::skipped, std::move(reason)}; }

struct Finding {
  std::string check;    // "instances"
  std::string subject;  // "tool hello"; empty: the module
  Outcome outcome;
};

}  // namespace kirsch::trial
