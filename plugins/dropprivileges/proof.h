// Looks whether the process really is who it should be, and cannot become root again.
#pragma once

#include <cstdint>

#include "account.h"

namespace dropprivileges {

// Asks the kernel about every thread, then tries to get root's rights back. Throws std::runtime_error with what is
// wrong.
void prove(const Account& account, std::uint64_t capabilities);

}  // namespace dropprivileges
