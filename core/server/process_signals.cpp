// The mask is inherited by every thread that starts later.
#include "server/process_signals.h"

#include <csignal>
#include <initializer_list>

namespace kirsch::server {
namespace {

sigset_t mask_before;  // whoever starts a program may have blocked some himself

}  // namespace

void block_signals() noexcept {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&set, fault);
  pthread_sigmask(SIG_BLOCK, &set, &mask_before);
  std::signal(SIGCHLD, SIG_DFL);  // who ignores it is not told how children end, and children inherit that
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void restore_signals() noexcept { pthread_sigmask(SIG_SETMASK, &mask_before, nullptr); }

void unblock_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int end : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&set, end);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace kirsch::server
