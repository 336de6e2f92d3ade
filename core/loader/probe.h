// Loads modules once in a child process that may die of it, because a constructor that crashes, throws, hangs or
// starts a thread would otherwise take the server along.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/diagnostic.h"
#include "loader/catalogue.h"

namespace kirsch::loader {

class ProbeProcess;

// For the modules that are loaded together. The child is there from the first of them on; where this process has other
// threads it is this program anew, so its main must begin with become_probe.
class Probe {
 public:
  explicit Probe(std::chrono::milliseconds limit = std::chrono::seconds(10));  // per module
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // Maps `copy` in a process without rights (as root: user nobody, no groups; always: no new privileges) and unmaps it
  // again. None: nothing stands against loading it. M210: it misbehaved; M211: it does not link. Blocks until that
  // process has ended.
  std::optional<base::Diagnostic> refusal(const ModuleFile& file, const std::filesystem::path& copy);

 private:
  const std::chrono::milliseconds limit_;
  std::unique_ptr<ProbeProcess> process_;
};

// Does not return if this process was started to be such a child.
void become_probe(int count, char** arguments) noexcept;

}  // namespace kirsch::loader
