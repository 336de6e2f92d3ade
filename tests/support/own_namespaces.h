// Root in a small world of its own: mounts and a network that nobody else sees.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace kirsch::test {

// Why this process cannot have namespaces of its own; none: it can.
std::optional<std::string> namespaces_denied();

// Runs `work` on a thread with a mount and a network namespace of its own: every port is free, 127.0.0.1 is up,
// /run and /srv are empty, and the modules of this build lie in /srv/plugins and /srv/fixtures, where every user may
// read them. Processes started in `work` live there too. Throws std::system_error.
void in_own_namespaces(const std::function<void()>& work);

// The environment of a server that drops its privileges: a sanitizer finds leaks as a debugger would, which a process
// that is not dumpable forbids.
std::map<std::string, std::string> without_leak_check();

}  // namespace kirsch::test
