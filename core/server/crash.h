// The last words of a process that dies of a fault: which code of which module ran, for which request, and the stack.
#pragma once

#include "base/unique_fd.h"

namespace kirsch::server::crash {

// From here on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT are reported to standard error and, if there is one, to the
// file of the error log, before they do what they always do (a core dump, the end by that signal). Early, once. With a
// sanitizer nothing: it reports by itself.
void install();

// A file that reports go to as well, in place of the one before; empty: none. The thread that made the process.
void report_to(base::UniqueFd file) noexcept;

// Gives the calling thread a stack of its own for reports, so that it can overflow the one that it has. Until its end.
void prepare_thread() noexcept;

}  // namespace kirsch::server::crash
