// What a run saw, as one line of JSON.
#pragma once

#include <ostream>

#include "load/load.h"

namespace kirsch::load {

// Times in nanoseconds, except `seconds` and `client_cpu`, the processor time of this process.
void print(const Result& result, std::ostream& out);

}  // namespace kirsch::load
