// How logs and error pages call a request: "3-1f", the loop and a number of its own.
#pragma once

#include <cstdint>
#include <string>

namespace kirsch::pipeline {

std::string exchange_id(std::uint32_t loop, std::uint64_t serial);

}  // namespace kirsch::pipeline
