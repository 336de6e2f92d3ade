// The side of the probe that may die: what runs in the child, and what it tells its parent.
#pragma once

#include <sys/types.h>

#include <array>

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

struct ProbeOrder {
  int module;  // descriptor of the private copy
  int report;  // descriptor of the pipe
  bool drop;   // root gives up its rights
  uid_t user;
  gid_t group;
};

[[noreturn]] void run_probe_child(const ProbeOrder& order) noexcept;

}  // namespace kirsch::loader
