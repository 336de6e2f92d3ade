// The side of the probe that may die: what runs in the child, and what it tells its parent.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace kirsch::loader {

// Written whole to the pipe, so that a death in between leaves the last thing that happened.
struct ProbeReport {
  enum class Stage : char {
    none = 0,
    unready,     // the child could not be set up; `text` says why
    mapping,     // constructors run now
    not_linked,  // `text`: the dynamic linker's words
    threw,       // `text`: what()
    threads,     // a constructor started one
    unmapping,   // destructors run now
    done,
  };
  Stage stage = Stage::none;
  std::array<char, 511> text{};
};
static_assert(sizeof(ProbeReport) <= 512);  // PIPE_BUF: written at once or not at all

// Where the child finds the private copy, and its end of the pipe.
inline constexpr int module_in_probe = 3;
inline constexpr int report_of_probe = 4;

struct ProbeUser {
  uid_t user;
  gid_t group;
};

// What become_probe knows such a child by.
std::vector<std::string> probe_arguments(const std::optional<ProbeUser>& user);

}  // namespace kirsch::loader
