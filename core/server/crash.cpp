// In a handler of a fault only what POSIX calls async-signal-safe may run: no memory is asked for. Names of the stack
// need the dynamic loader's lock.
#include "server/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "pipeline/running.h"

namespace kirsch::server::crash {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool wanted = false;
#else
constexpr bool wanted = true;
#endif

constexpr std::size_t stack_size = std::size_t{128} * 1024;
constexpr std::array signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

std::atomic<int> file = -1;
std::atomic<pid_t> reporter = 0;  // the thread that reports

// One line, put together on the stack and written to both places.
class Report {
 public:
  Report& operator<<(std::string_view text) noexcept {
    for (const char byte : text) {
      if (used_ < sizeof(line_)) line_[used_++] = byte;
    }
    return *this;
  }
  Report& operator<<(std::uint64_t number) noexcept { return digits(number, 10); }
  Report& hexadecimal(std::uint64_t number) noexcept { return digits(number, 16); }
  void write() noexcept {
    *this << "\n";
    for (const int to : {STDERR_FILENO, file.load(std::memory_order_relaxed)}) {
      if (to >= 0) [[maybe_unused]]
        const auto ignored = ::write(to, line_, used_);
    }
    used_ = 0;
  }

 private:
  Report& digits(std::uint64_t number, unsigned base) noexcept {
    char reversed[24];
    std::size_t count = 0;
    do {
      reversed[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0);
    while (count > 0) *this << std::string_view(&reversed[--count], 1);
    return *this;
  }

  char line_[512];
  std::size_t used_ = 0;
};

std::string_view name_of(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV, a bad address";
    case SIGBUS:
      return "SIGBUS, memory that is not there";
    case SIGILL:
      return "SIGILL, no instruction";
    case SIGFPE:
      return "SIGFPE, an impossible calculation";
    default:
      return "SIGABRT, it gave up";
  }
}

// Names come from the dynamic loader, whose lock another thread may hold for ever: then the report ends without them.
void end_within_seconds() noexcept {
  constexpr unsigned seconds = 5;
  ::signal(SIGALRM, SIG_DFL);
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  ::alarm(seconds);
}

void write_stack() noexcept {
  end_within_seconds();
  std::array<void*, 64> frames;
  const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  for (const int to : {STDERR_FILENO, file.load(std::memory_order_relaxed)})
    if (to >= 0) ::backtrace_symbols_fd(frames.data(), count, to);
}

void report(int signal, const siginfo_t& info) noexcept {
  char thread[16] = {};
  ::prctl(PR_GET_NAME, thread);
  Report line;
  line << "kirsch: fatal signal " << static_cast<std::uint64_t>(signal) << " (" << name_of(signal) << ")";
  if (signal != SIGABRT) (line << " at 0x").hexadecimal(reinterpret_cast<std::uintptr_t>(info.si_addr));
  line << " in thread " << std::string_view(thread) << " of process " << static_cast<std::uint64_t>(::getpid());
  line.write();
  if (const auto running = pipeline::running(); running.label != nullptr) {
    line << "kirsch: running " << running.label->text;
    if (running.request != 0) {
      line << ", request " << static_cast<std::uint64_t>(running.loop) << "-";
      line.hexadecimal(running.request);
    }
    line.write();
  } else {
    line << "kirsch: no code of a module was running";
    line.write();
  }
  write_stack();
}

void on_fault(int signal, siginfo_t* info, void*) noexcept {
  const pid_t self = ::gettid();
  pid_t none = 0;
  if (!reporter.compare_exchange_strong(none, self)) {
    // Another thread's report ends them all. A fault in the report itself ends it.
    while (reporter.load() != self) ::pause();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;
  }
  report(signal, *info);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(signal, &usual, nullptr);
  // A fault comes again where it was, as soon as this returns: the core dump shows that place.
  if (info->si_code <= 0 || signal == SIGABRT) ::raise(signal);
}

}  // namespace

void install() {
  if (!wanted) return;
  std::array<void*, 1> frame;
  ::backtrace(frame.data(), 1);  // loads what it needs, now
  prepare_thread();
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

void report_to(base::UniqueFd next) noexcept { base::UniqueFd(file.exchange(next.release())); }

void prepare_thread() noexcept {
  if (!wanted) return;
  struct Stack {
    Stack() noexcept
        : memory(
              ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
      if (memory == MAP_FAILED) return;
      const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = stack_size};
      ::sigaltstack(&stack, nullptr);
    }
    ~Stack() {
      if (memory == MAP_FAILED) return;
      const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
      ::sigaltstack(&none, nullptr);
      ::munmap(memory, stack_size);
    }
    void* const memory;
  };
  static thread_local const Stack stack;
  static_cast<void>(stack);
}

}  // namespace kirsch::server::crash
