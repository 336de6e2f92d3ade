// `kirsch module check`: what a module must bear before anybody serves with it. Its code runs in child processes, which
// may die of it, with the rights of this one.
#pragma once

#include <functional>
#include <vector>

#include "trial/finding.h"
#include "trial/subject.h"

namespace kirsch::trial {

// All checks, in order, each told to `tell` when it is done. The process must have one thread. What depends on a check
// that has failed is skipped.
std::vector<Finding> try_module(const Order& order, const std::function<void(const Finding&)>& tell);

}  // namespace kirsch::trial
