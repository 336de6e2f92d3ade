// libcap-ng knows the names and the last number of this kernel.
#include "capabilities.h"

#include <cap-ng.h>
#include <kirsch/options.h>

#include <cctype>
#include <cerrno>
#include <system_error>

namespace dropprivileges {
namespace {

// With one of these a process makes itself root, or reads and writes what root may.
constexpr std::string_view as_good_as_root[] = {"chown",     "dac_override", "fowner",     "mac_admin",  "mac_override",
                                                "mknod",     "setfcap",      "setgid",     "setpcap",    "setuid",
                                                "sys_admin", "sys_boot",     "sys_module", "sys_ptrace", "sys_rawio",
                                                "bpf",       "sys_chroot",   "perfmon"};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::uint64_t bit(const std::string& given) {
  std::string name;
  for (const char byte : given) name += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  if (name.starts_with("cap_")) name.erase(0, 4);
  const int number = ::capng_name_to_capability(name.c_str());
  if (number < 0) throw kirsch::OptionError("capabilities", "there is no capability '" + given + "'");
  for (const auto root : as_good_as_root) {
    if (name == root)
      throw kirsch::OptionError("capabilities", given + " is as good as root: privileges would not be dropped");
  }
  return std::uint64_t{1} << number;
}

void select(std::uint64_t mask, unsigned types) {
  for (unsigned number = 0; number < 64; ++number) {
    if ((mask >> number & 1) != 0) ::capng_update(CAPNG_ADD, static_cast<capng_type_t>(types), number);
  }
}

}  // namespace

Capabilities::Capabilities(const std::vector<std::string>& kept) {
  for (const auto& name : kept) mask_ |= bit(name);
}

void Capabilities::empty_bounding_set() const {
  if (::capng_get_caps_process() != 0) fail("cannot read the capabilities");
  ::capng_clear(CAPNG_SELECT_BOUNDS);
  select(mask_, CAPNG_BOUNDING_SET);
  if (::capng_apply(CAPNG_SELECT_BOUNDS) != 0) fail("cannot empty the bounding set");
}

void Capabilities::apply() const {
  ::capng_clear(CAPNG_SELECT_CAPS);
  select(mask_, CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  if (::capng_apply(CAPNG_SELECT_CAPS) != 0) fail("cannot give up the capabilities");
}

}  // namespace dropprivileges
