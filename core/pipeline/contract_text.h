// Text as the contract has it, and as C++ has it. Neither copies.
#pragma once

#include <string_view>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

inline kirsch_text text(std::string_view view) { return {view.data(), view.size()}; }
inline std::string_view view(kirsch_text text) { return {text.data, text.size}; }

}  // namespace kirsch::pipeline
