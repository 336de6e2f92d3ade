// Signals by the names that people write, and which of them cannot be taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signals {

// "SIGTERM", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-1". Nullopt: no such signal.
std::optional<int> number_of(std::string_view name);

// Why no plugin can take that signal, as a sentence; empty: it can.
std::string reserved(int number);

}  // namespace signals
