// Loads a module once in a child process that may die of it, because a constructor that crashes, throws, hangs or
// starts a thread would otherwise take the server along.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/diagnostic.h"
#include "loader/catalogue.h"

namespace kirsch::loader {

struct ProbeSettings {
  std::chrono::milliseconds limit = std::chrono::seconds(10);
};

// Maps `copy` in a child without rights (as root: user nobody, no groups; always: no new privileges) and unmaps it
// again. None: nothing stands against loading it. M210: it misbehaved; M211: it does not link. Blocks until the child
// has ended. The child is this program anew, so this one may have threads; its main must begin with become_probe.
std::optional<base::Diagnostic> probe(const ModuleFile& file, const std::filesystem::path& copy,
                                      const ProbeSettings& settings = {});

// Does not return if this process was started to be such a child.
void become_probe(int count, char** arguments) noexcept;

}  // namespace kirsch::loader
