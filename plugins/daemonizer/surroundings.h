// What a process has from whoever started it, and must not fork or serve with.
#pragma once

#include <string>
#include <vector>

namespace daemonizer {

// The names of all threads but the calling one.
std::vector<std::string> other_threads();

// Closes descriptors that the launching program left open: what belongs to this process is closed on exec, so it tells
// them apart. Those of a socket activation stay.
void close_inherited();

}  // namespace daemonizer
