// Gives root's rights up, for good and in every respect, once ports are bound and before any request is served.
#include <grp.h>
#include <kirsch/module.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "capabilities.h"
#include "proof.h"

namespace {

enum class OfSystem : std::uint8_t { initgroups };
constexpr auto kirsch_names(OfSystem) { return std::array<std::string_view, 1>{"initgroups"}; }

void demand(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

struct Dropprivileges {
  std::string user, group, mask;
  std::variant<OfSystem, std::vector<std::string>> groups;
  std::vector<std::string> kept;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Dropprivileges::user>("user", kirsch::required, "whom the process becomes: a name or a number"),
      kirsch::opt<&Dropprivileges::group>("group", "\"\"", "a name or a number; empty: the user's own"),
      kirsch::opt<&Dropprivileges::groups>("groups", "initgroups", "those the system gives the user, or a list"),
      kirsch::opt<&Dropprivileges::mask>("umask", "\"027\"", "rights that new files never have, octal"),
      kirsch::opt<&Dropprivileges::kept>("capabilities", "[]", "what is kept, such as net_bind_service"));

  void prepare() {
    account_ = dropprivileges::look_up(user, group);
    if (const auto* listed = std::get_if<std::vector<std::string>>(&groups)) set_groups(account_, *listed);
    capabilities_ = dropprivileges::Capabilities(kept);
    const bool octal = mask.size() >= 3 && mask.size() <= 4 &&
                       mask.find_first_not_of("01234567") == std::string::npos && (mask.size() == 3 || mask[0] == '0');
    if (!octal) throw kirsch::OptionError("umask", "'" + mask + "' is no umask: three octal digits, such as \"027\"");
  }

  void start() const {
    ::umask(static_cast<mode_t>(std::stoul(mask, nullptr, 8)));
    if (::geteuid() != 0) return stay();
    kirsch::Process::give(account_.user, account_.group);
    drop();
    seal();
    dropprivileges::prove(account_, capabilities_.mask());
    kirsch::log(kirsch::Level::info, "running as ", account_.name, " (user ", account_.user, ", group ", account_.group,
                ")");
  }

 private:
  // Not started by root: there is nothing to drop, and nobody else to become.
  void stay() const {
    if (::geteuid() != account_.user || ::getuid() != account_.user) {
      throw kirsch::OptionError("user", "only root can become '" + account_.name + "', and this is user " +
                                            std::to_string(::geteuid()) +
                                            ": start it as root, or take dropprivileges out");
    }
    seal();
    kirsch::log(kirsch::Level::info, "already running as ", account_.name, ": nothing to drop");
  }

  // Each step needs a right that a later one takes away.
  void drop() const {
    constexpr unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    capabilities_.empty_bounding_set();
    demand(::setgroups(account_.groups.size(), account_.groups.data()) == 0, "setgroups");
    demand(::setresgid(account_.group, account_.group, account_.group) == 0, "setresgid");
    demand(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, "clear ambient capabilities");
    // User 0 means nothing from here on, and changing the user changes no capabilities: the next lines do.
    demand(::prctl(PR_SET_SECUREBITS, locked, 0, 0, 0) == 0, "lock the secure bits");
    demand(::setresuid(account_.user, account_.user, account_.user) == 0, "setresuid");
    capabilities_.apply();
  }

  // Programs that this process starts get no more rights than it has, and nobody reads keys in its memory.
  static void seal() {
    demand(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    const rlimit no_core{0, 0};
    demand(::setrlimit(RLIMIT_CORE, &no_core) == 0, "limit of core files");
    demand(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "not dumpable");
  }

  dropprivileges::Account account_;
  dropprivileges::Capabilities capabilities_;
};

}  // namespace

KIRSCH_MODULE("dropprivileges", "1.0.0", kirsch::summary("Becomes an unprivileged user, and proves it"), kirsch::early,
              kirsch::requires_feature(KIRSCH_FEATURE_PROCESS),
              kirsch::plugin<Dropprivileges>("dropprivileges").priority(kirsch::Channel::start, 77));
