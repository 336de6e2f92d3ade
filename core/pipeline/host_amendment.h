// For trials of modules: what a module gets of its host may be changed first.
#pragma once

#include <string>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

// Null: nothing is. Set before a module is loaded.
using AmendHost = void (*)(const std::string& module, kirsch_host& table);
inline AmendHost amend_host = nullptr;

}  // namespace kirsch::pipeline
