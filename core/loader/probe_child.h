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
    unready,     // the module could not be tried; `text` says why
    mapping,     // constructors run now
    not_linked,  // `text`: the dynamic linker's words
    threw,       // `text`: what()
    threads,     // a constructor started one
    unmapping,   // destructors run now
    done,
    ended,  // the process that tried the module is gone, with `status`
  };
  unsigned request = 0;  // which it is about, from 1: what a module leaves running might go on reporting
  int status = 0;        // as waitpid says it
  Stage stage = Stage::none;
  std::array<char, 503> text{};
};
static_assert(sizeof(ProbeReport) <= 512);  // PIPE_BUF: written at once or not at all

// Where the child finds its ends of the pipes: each request is the path of a private copy. And where the process that
// tries it has it open, for without rights the path is closed to it.
inline constexpr int requests_of_probe = 3;
inline constexpr int reports_of_probe = 4;
inline constexpr int module_in_probe = 5;

struct ProbeUser {
  uid_t user;
  gid_t group;
};

// The life of the child, with its pipes at their places: a fork for each request.
[[noreturn]] void serve_probe(const std::optional<ProbeUser>& user) noexcept;

// What become_probe knows such a child by.
std::vector<std::string> probe_arguments(const std::optional<ProbeUser>& user);

}  // namespace kirsch::loader
