// Namespaces belong to a thread, so the rest of the test program stays where it is.
#include "support/own_namespaces.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>

#include "support/folder.h"

namespace kirsch::test {
namespace {

constexpr int both = CLONE_NEWNS | CLONE_NEWNET;

void demand(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

void bring_loopback_up() {
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  demand(any >= 0, "socket");
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool done = ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  ::close(any);
  demand(done, "bring lo up");
}

void show_modules(const char* folder) {
  const auto place = std::string("/srv/") + folder;
  demand(::mkdir(place.c_str(), 0755) == 0, place.c_str());
  demand(::mount((build_folder() / folder).c_str(), place.c_str(), nullptr, MS_BIND, nullptr) == 0, "bind mount");
}

void enter() {
  demand(::unshare(both) == 0, "unshare");
  demand(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  for (const auto* place : {"/run", "/srv"}) demand(::mount("tmpfs", place, "tmpfs", 0, "mode=755") == 0, "tmpfs");
  show_modules("plugins");
  show_modules("fixtures");
  bring_loopback_up();
}

}  // namespace

std::optional<std::string> namespaces_denied() {
  if (::geteuid() != 0) return "needs root";
  int error = 0;
  std::thread([&] { error = ::unshare(both) == 0 ? 0 : errno; }).join();
  return error == 0 ? std::nullopt : std::optional(std::string("no namespaces here: ") + std::strerror(error));
}

void in_own_namespaces(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      enter();
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::map<std::string, std::string> without_leak_check() {
  const char* set = std::getenv("ASAN_OPTIONS");
  return {{"ASAN_OPTIONS", (set == nullptr ? std::string() : std::string(set) + ":") + "detect_leaks=0"}};
}

}  // namespace kirsch::test
