// Which signals the process takes. Reactions to them belong to the plugin `signals`; it waits for what is blocked here.
#pragma once

namespace kirsch::server {

// Blocks all signals save those that a fault of the thread itself raises; ignores SIGPIPE and SIGXFSZ, which become
// error numbers.
void block_signals() noexcept;

// For what is no server: the mask is again what it was before `block_signals`, so that Ctrl-C ends it.
void restore_signals() noexcept;

// For a server without the plugin `signals`: TERM, INT, HUP and QUIT end the process as they end any other.
void unblock_signals() noexcept;

}  // namespace kirsch::server
